"""The door for Stripe's webhooks: raw bytes, one signature check, one insert, 200."""

from flask import Blueprint, Response, jsonify, request

from services.billing.stripe_inbox.accept import accept_webhook
from services.billing.web import context
from shared.web.access import signed

webhooks = Blueprint("webhooks", __name__)


@webhooks.post("/webhooks/stripe")
@signed
def stripe_webhook() -> Response:
    """Keep a signed event. Stripe sends again what is not answered 2xx, so a repeated event is a success, too."""
    new = accept_webhook(context(), request.get_data(cache=False), request.headers.get("Stripe-Signature"))
    return jsonify(received=True, new=new)

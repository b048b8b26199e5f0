"""Checkout sessions: Stripe's page on which a customer pays."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import stripe

from services.billing.gateways.stripe.charges import Charge, charge_of
from services.billing.gateways.stripe.client import translated
from services.billing.gateways.stripe.fields import Json, moment_of, whole_of
from shared.money import Money

_CHARGE_OF_SESSION = ["payment_intent.latest_charge.balance_transaction"]


@dataclass(frozen=True, kw_only=True, slots=True)
class CheckoutRequest:
    """All that decides a checkout session. Committed with the order, so that a retry sends the very same."""

    order_id: str
    installation: str
    price_id: str
    contact_email: str
    expires_at: datetime
    success_url: str
    cancel_url: str
    tries: int = 0
    """How many keys before are used up by failures that Stripe has saved."""


@dataclass(frozen=True, kw_only=True, slots=True)
class CheckoutSession:
    """A checkout as Stripe has it. `url` is None when it cannot be paid any more; `charge` None until it is paid.

    Neither `payable` nor `paid` nor `expired` is one whose form was sent in, while the bank has not said.
    """

    session_id: str
    url: str | None
    order_id: str | None
    installation: str | None
    total: Money | None
    payable: bool
    paid: bool
    expired: bool
    expires_at: datetime
    charge: Charge | None


def _bank_refused(status: str, intent: Json) -> bool:
    """A form that was sent in is never open again: once the bank has refused, nobody can pay with this session."""
    return status == "complete" and intent.get("status") in ("requires_payment_method", "canceled")


def session_of(session: Json) -> CheckoutSession:
    """A checkout session; its charge where the payment intent was expanded and has been paid."""
    intent = whole_of(session.get("payment_intent")) or {}
    charge = whole_of(intent.get("latest_charge"))
    total, metadata = session.get("amount_total"), session.get("metadata") or {}
    return CheckoutSession(
        session_id=session["id"],
        url=session.get("url"),
        order_id=metadata.get("order_id"),
        installation=metadata.get("installation"),
        total=None if total is None else Money(total, session["currency"]),
        payable=session["status"] == "open" and session["payment_status"] == "unpaid",
        paid=session["payment_status"] == "paid",
        expired=session["status"] == "expired" or _bank_refused(session["status"], intent),
        expires_at=moment_of(session["expires_at"]),
        charge=charge_of(charge) if charge else None,
    )


class Checkouts:
    """Stripe's checkout sessions."""

    def __init__(self, client: stripe.StripeClient) -> None:
        self._client = client

    def create(self, request: CheckoutRequest) -> CheckoutSession:
        """Open a checkout for the order; the same request again returns the same session."""
        # Metadata of a session does not reach its payment intent by itself, and the charge has the intent's.
        metadata = {"order_id": request.order_id, "installation": request.installation}
        params: Any = {
            "mode": "payment",
            "line_items": [{"price": request.price_id, "quantity": 1}],
            "customer_email": request.contact_email,
            "client_reference_id": request.order_id,
            "metadata": metadata,
            "payment_intent_data": {"metadata": metadata},
            "expires_at": int(request.expires_at.timestamp()),
            "success_url": request.success_url,
            "cancel_url": request.cancel_url,
        }
        key = f"checkout:{request.order_id}" + (f":{request.tries}" if request.tries else "")
        with translated(changes=True):
            session = self._client.v1.checkout.sessions.create(params, {"idempotency_key": key})
        return session_of(session.to_dict())

    def read(self, session_id: str) -> CheckoutSession:
        """The session as it is now, with its charge and balance transaction."""
        with translated(changes=False):
            session = self._client.v1.checkout.sessions.retrieve(session_id, {"expand": _CHARGE_OF_SESSION})
        return session_of(session.to_dict())

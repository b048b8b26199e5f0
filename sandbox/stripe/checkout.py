"""Moves a checkout session through its states: open, then complete when a card pays, or expired."""

from sandbox.stripe.cards import Card
from sandbox.stripe.errors import Json, StripeError
from sandbox.stripe.events import emit
from sandbox.stripe.every_resource import merged_metadata
from sandbox.stripe.ids import new_id
from sandbox.stripe.intents import new_intent, pay
from sandbox.stripe.payments import billing_details, check_amount
from sandbox.stripe.resources.customers import new_customer
from sandbox.stripe.work import Work

EXPIRE = "expire_checkout_session"


def new_session(work: Work, asked: Json, items: list[Json]) -> Json:
    """Store an open session over these line items; it expires by itself at `expires_at`."""
    total = sum(item["amount_total"] for item in items)
    check_amount(total, asked["currency"])
    message = asked.get("custom_text", {}).get("submit")
    session: Json = {
        "id": f"cs_test_a1{new_id('cs_test').removeprefix('cs_test_')}",
        "object": "checkout.session",
        "adaptive_pricing": {"enabled": False},
        "after_expiration": None,
        "allow_promotion_codes": None,
        "amount_subtotal": total,
        "amount_total": total,
        "automatic_tax": {"enabled": False, "liability": None, "provider": None, "status": None},
        "billing_address_collection": asked.get("billing_address_collection"),
        "cancel_url": asked.get("cancel_url"),
        "client_reference_id": asked.get("client_reference_id"),
        "client_secret": None,
        "collected_information": None,
        "consent": None,
        "consent_collection": None,
        "created": work.now,
        "currency": asked["currency"],
        "currency_conversion": None,
        "custom_fields": [],
        "custom_text": {
            "after_submit": None,
            "shipping_address": None,
            "submit": message,
            "terms_of_service_acceptance": None,
        },
        "customer": asked.get("customer"),
        "customer_creation": None if "customer" in asked else asked.get("customer_creation", "if_required"),
        "customer_details": None,
        "customer_email": asked.get("customer_email"),
        "discounts": [],
        "expires_at": asked["expires_at"],
        "invoice": None,
        "invoice_creation": {
            "enabled": False,
            "invoice_data": {
                "account_tax_ids": None,
                "custom_fields": None,
                "description": None,
                "footer": None,
                "issuer": None,
                "metadata": {},
                "rendering_options": None,
            },
        },
        "livemode": False,
        "locale": asked.get("locale"),
        "metadata": asked["metadata"],
        "mode": "payment",
        "origin_context": None,
        "payment_intent": None,
        "payment_link": None,
        "payment_method_collection": "if_required",
        "payment_method_configuration_details": None,
        "payment_method_options": {"card": {"request_three_d_secure": "automatic"}},
        "payment_method_types": ["card"],
        "payment_status": "unpaid",
        "permissions": None,
        "phone_number_collection": {"enabled": False},
        "recovered_from": None,
        "saved_payment_method_options": None,
        "setup_intent": None,
        "shipping_address_collection": None,
        "shipping_cost": None,
        "shipping_options": [],
        "status": "open",
        "submit_type": asked.get("submit_type"),
        "subscription": None,
        "success_url": asked["success_url"],
        "total_details": {"amount_discount": 0, "amount_shipping": 0, "amount_tax": 0},
        "ui_mode": "hosted_page",
        "url": None,
        "wallet_options": None,
        "_line_items": items,
        "_payment_intent_data": asked.get("payment_intent_data", {}),
    }
    work.add(session)
    work.tx.set_timer(session["expires_at"], EXPIRE, session["id"])
    return session


def expire(work: Work, session: Json) -> Json:
    """Close an open session unpaid and record `checkout.session.expired`."""
    after = work.put(session | {"status": "expired"})
    if session["payment_intent"]:
        intent = work.must("payment_intent", session["payment_intent"])
        canceled = work.put(intent | {"canceled_at": work.now, "cancellation_reason": "expired", "status": "canceled"})
        emit(work, "payment_intent.canceled", canceled)
    emit(work, "checkout.session.expired", after)
    return after


def expire_due(work: Work, session_id: str) -> None:
    """Expire the session if its time has come and it is still open."""
    session = work.tx.get("checkout.session", session_id)
    if session and session["status"] == "open" and session["expires_at"] <= work.now:
        expire(work, session)


def complete(work: Work, session: Json, card: Card, payer: Json) -> StripeError | None:
    """Pay an open session. `payer`: email, name, country.

    Returns the error when the card was declined; the session then stays open for another try.
    """
    session = _with_intent(work, session)
    intent = work.must("payment_intent", session["payment_intent"])
    details = billing_details(email=payer["email"], name=payer["name"], address={"country": payer["country"]})
    if session["customer_creation"] == "always" and intent["customer"] is None:
        customer = new_customer(work, {"email": payer["email"], "name": payer["name"]})
        intent = work.put(intent | {"customer": customer["id"]})
    after_intent, problem = pay(work, intent, card, details)
    if problem:
        work.put(session)
        return problem
    after = work.put(
        session
        | {
            "customer": after_intent["customer"],
            "customer_details": {
                "address": details["address"],
                "business_name": None,
                "email": payer["email"],
                "individual_name": None,
                "name": payer["name"],
                "phone": None,
                "tax_exempt": "none",
                "tax_ids": [],
            },
            "payment_status": "paid",
            "status": "complete",
        }
    )
    emit(work, "checkout.session.completed", after)
    return None


def _with_intent(work: Work, session: Json) -> Json:
    """The payment intent is made by the first attempt to pay, as Stripe does."""
    if session["payment_intent"]:
        return session
    wished = session["_payment_intent_data"]
    intent = new_intent(
        work,
        {
            "amount": session["amount_total"],
            "currency": session["currency"],
            "customer": session["customer"],
            "description": wished.get("description"),
            "metadata": merged_metadata(None, wished),
            "receipt_email": wished.get("receipt_email"),
            "capture_method": wished.get("capture_method", "automatic_async"),
        },
    )
    return session | {"payment_intent": intent["id"]}


def success_address(session: Json) -> str:
    """Where the browser goes after payment, with the session's id filled in."""
    return str(session["success_url"]).replace("{CHECKOUT_SESSION_ID}", session["id"])

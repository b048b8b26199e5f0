"""Moves a payment intent through its states: created, confirmed, succeeded or back to needing another card."""

from sandbox.stripe.cards import Card
from sandbox.stripe.errors import Json, StripeError
from sandbox.stripe.events import emit
from sandbox.stripe.ids import new_id
from sandbox.stripe.payments import card_error, check_amount, new_charge, new_payment_method
from sandbox.stripe.work import Work


def new_intent(work: Work, asked: Json) -> Json:
    """Store a payment intent for `amount` and `currency` and record `payment_intent.created`."""
    check_amount(asked["amount"], asked["currency"])
    intent_id = new_id("pi")
    automatic = asked.get("automatic_payment_methods")
    intent: Json = {
        "id": intent_id,
        "object": "payment_intent",
        "amount": asked["amount"],
        "amount_capturable": 0,
        "amount_details": {"tip": {}},
        "amount_received": 0,
        "application": None,
        "application_fee_amount": None,
        "automatic_payment_methods": automatic,
        "canceled_at": None,
        "cancellation_reason": None,
        "capture_method": asked.get("capture_method", "automatic_async"),
        "client_secret": f"{intent_id}_secret_{new_id('s')[2:]}",
        "confirmation_method": "automatic",
        "created": work.now,
        "currency": asked["currency"],
        "customer": asked.get("customer"),
        "description": asked.get("description"),
        "last_payment_error": None,
        "latest_charge": None,
        "livemode": False,
        "metadata": asked.get("metadata") or {},
        "next_action": None,
        "on_behalf_of": None,
        "payment_method": None,
        "payment_method_configuration_details": None,
        "payment_method_options": {
            "card": {
                "installments": None,
                "mandate_options": None,
                "network": None,
                "request_three_d_secure": "automatic",
            }
        },
        "payment_method_types": ["card"],
        "processing": None,
        "receipt_email": asked.get("receipt_email"),
        "review": None,
        "setup_future_usage": None,
        "shipping": None,
        "statement_descriptor": None,
        "statement_descriptor_suffix": None,
        "status": "requires_payment_method",
        "transfer_data": None,
        "transfer_group": None,
    }
    work.add(intent)
    emit(work, "payment_intent.created", intent)
    return intent


def pay(work: Work, intent: Json, card: Card, details: Json) -> tuple[Json, StripeError | None]:
    """Charge the card for the intent: the intent as it is afterwards, and the error when the card was declined."""
    method = new_payment_method(work, card, details)
    charge = new_charge(
        work,
        card,
        {
            **{
                name: intent[name]
                for name in (
                    "amount",
                    "currency",
                    "customer",
                    "description",
                    "metadata",
                    "capture_method",
                )
            },
            "billing_details": details,
            "payment_intent": intent["id"],
            "payment_method": method["id"],
            "receipt_email": intent["receipt_email"],
        },
    )
    if charge["paid"]:
        after = work.put(
            intent
            | {
                "amount_received": intent["amount"],
                "last_payment_error": None,
                "latest_charge": charge["id"],
                "payment_method": method["id"],
                "status": "succeeded",
            }
        )
        emit(work, "payment_intent.succeeded", after)
        return after, None
    problem = card_error(work, card, charge, method=method).body()["error"]
    after = work.put(
        intent
        | {
            "last_payment_error": problem,
            "latest_charge": charge["id"],
            "payment_method": None,
            "status": "requires_payment_method",
        }
    )
    emit(work, "payment_intent.payment_failed", after)
    return after, card_error(work, card, charge, intent=after, method=method)

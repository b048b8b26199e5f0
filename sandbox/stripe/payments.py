"""Charges a card: for an intent, the hosted page or a direct charge; a declined charge is kept."""

from typing import Any

from sandbox.stripe import faults
from sandbox.stripe.balance import book_charge
from sandbox.stripe.cards import DECLINES, Card
from sandbox.stripe.currencies import CURRENCIES, LARGEST_AMOUNT, spoken
from sandbox.stripe.disputes import OPEN_LATER, warn_of_fraud
from sandbox.stripe.errors import Json, StripeError, invalid
from sandbox.stripe.events import emit, emit_update
from sandbox.stripe.ids import new_id
from sandbox.stripe.resources.customers import ADDRESS_FIELDS
from sandbox.stripe.resources.prices import check_step
from sandbox.stripe.views import show
from sandbox.stripe.work import Work

LATER = "book_balance_transaction"


def check_amount(amount: int, currency: str) -> None:
    """Refuse what Stripe would not charge in this currency: too small, too large, or not expressible."""
    if amount < CURRENCIES[currency].minimum:
        least = spoken(CURRENCIES[currency].minimum, currency)
        raise invalid(f"Amount must be at least {least} {currency}", param="amount", code="amount_too_small")
    if amount > LARGEST_AMOUNT:
        most = spoken(LARGEST_AMOUNT, currency)
        raise invalid(f"Amount must be no more than {most}", param="amount", code="amount_too_large")
    check_step(amount, currency, param="amount")


def billing_details(**known: Any) -> Json:
    """Stripe's billing details with what is known of name, email, phone and address."""
    return {
        "address": {name: (known.get("address") or {}).get(name) for name in ADDRESS_FIELDS},
        "email": known.get("email"),
        "name": known.get("name"),
        "phone": known.get("phone"),
        "tax_id": None,
    }


def new_payment_method(work: Work, card: Card, details: Json) -> Json:
    """Store the card as a payment method, last four digits only."""
    shown = {
        "brand": card.brand,
        "checks": {"address_line1_check": None, "address_postal_code_check": None, "cvc_check": "pass"},
        "country": card.country,
        "display_brand": card.brand,
        "exp_month": card.exp_month,
        "exp_year": card.exp_year,
        "fingerprint": f"standin{card.last4}",
        "funding": card.funding,
        "generated_from": None,
        "last4": card.last4,
        "networks": {"available": [card.brand], "preferred": None},
        "regulated_status": "unregulated",
        "three_d_secure_usage": {"supported": True},
        "wallet": None,
    }
    return work.add(
        {
            "id": new_id("pm"),
            "object": "payment_method",
            "allow_redisplay": "unspecified",
            "billing_details": details,
            "card": shown,
            "created": work.now,
            "customer": None,
            "livemode": False,
            "metadata": {},
            "type": "card",
        }
    )


def _outcome(card: Card) -> Json:
    if card.decline_code is None:
        return {
            "advice_code": None,
            "network_advice_code": None,
            "network_decline_code": None,
            "network_status": "approved_by_network",
            "reason": None,
            "risk_level": "normal",
            "risk_score": 10,
            "seller_message": "Payment complete.",
            "type": "authorized",
        }
    return {
        "advice_code": "try_again_later" if card.decline_code == "insufficient_funds" else None,
        "network_advice_code": None,
        "network_decline_code": "02",
        "network_status": "declined_by_network",
        "reason": card.decline_code,
        "risk_level": "normal",
        "risk_score": 10,
        "seller_message": "The bank did not return any further details with this decline.",
        "type": "issuer_declined",
    }


def _card_details(work: Work, card: Card, amount: int) -> Json:
    return {
        "card": {
            "amount_authorized": amount if card.decline_code is None else None,
            "authorization_code": None,
            "brand": card.brand,
            "checks": {"address_line1_check": None, "address_postal_code_check": None, "cvc_check": "pass"},
            "country": card.country,
            "exp_month": card.exp_month,
            "exp_year": card.exp_year,
            "fingerprint": f"standin{card.last4}",
            "funding": card.funding,
            "installments": None,
            "last4": card.last4,
            "mandate": None,
            "network": card.brand,
            "network_token": {"used": False},
            "network_transaction_id": f"{work.now}{card.last4}",
            "regulated_status": "unregulated",
            "three_d_secure": None,
            "wallet": None,
        },
        "type": "card",
    }


def new_charge(work: Work, card: Card, asked: Json) -> Json:
    """Charge the card and record what came of it.

    `asked` has amount, currency, billing_details and, where known, customer, description, metadata, payment_intent,
    payment_method, receipt_email, capture_method. A card that declines leaves a failed charge; the caller decides what
    to answer.
    """
    check_amount(asked["amount"], asked["currency"])
    paid = card.decline_code is None
    decline = None if card.decline_code is None else DECLINES[card.decline_code]
    charge: Json = {
        "id": new_id("ch"),
        "object": "charge",
        "amount": asked["amount"],
        "amount_captured": asked["amount"] if paid else 0,
        "amount_refunded": 0,
        "application": None,
        "application_fee": None,
        "application_fee_amount": None,
        "balance_transaction": None,
        "billing_details": asked["billing_details"],
        "calculated_statement_descriptor": "PREMIUM SUPPORT",
        "captured": paid,
        "created": work.now,
        "currency": asked["currency"],
        "customer": asked.get("customer"),
        "description": asked.get("description"),
        "disputed": False,
        "failure_balance_transaction": None,
        "failure_code": decline and decline.code,
        "failure_message": decline and decline.message,
        "fraud_details": {},
        "livemode": False,
        "metadata": asked.get("metadata") or {},
        "on_behalf_of": None,
        "outcome": _outcome(card),
        "paid": paid,
        "payment_intent": asked.get("payment_intent"),
        "payment_method": asked.get("payment_method"),
        "payment_method_details": _card_details(work, card, asked["amount"]),
        "receipt_email": asked.get("receipt_email"),
        "receipt_number": None,
        "receipt_url": None,
        "refunded": False,
        "review": None,
        "shipping": None,
        "source_transfer": None,
        "statement_descriptor": None,
        "statement_descriptor_suffix": None,
        "status": "succeeded" if paid else "failed",
        "transfer_data": None,
        "transfer_group": None,
        "_refund": card.refund,
    }
    work.add(charge)
    if paid:
        asynchronous = asked.get("capture_method") == "automatic_async"
        charge = _settle_balance(work, charge, at_once=card.at_once, asynchronous=asynchronous)
    emit(work, "charge.succeeded" if paid else "charge.failed", charge)
    if paid:
        _await_trouble(work, charge, card)
    return charge


def _await_trouble(work: Work, charge: Json, card: Card) -> None:
    """What some test cards do after they have paid."""
    if card.warned:
        warn_of_fraud(work, charge)
    if card.disputed:
        work.tx.set_timer(work.now_exactly, OPEN_LATER, f"{charge['id']} {card.disputed}")


def _settle_balance(work: Work, charge: Json, *, at_once: bool, asynchronous: bool) -> Json:
    """Book the charge: a little later where it is captured asynchronously, which is Stripe's default for intents.

    https://docs.stripe.com/payments/payment-intents/asynchronous-capture
    """
    late = faults.take(work.tx, "charge", charge["currency"])
    if late or asynchronous:
        pause_s = late[0].seconds if late else work.capture_s
        work.tx.set_timer(work.now_exactly + pause_s, LATER, charge["id"])
        return charge
    return work.put(charge | {"balance_transaction": book_charge(work, charge, at_once=at_once)["id"]})


def book_late(work: Work, charge_id: str) -> None:
    """The balance transaction that was missing at first, and `charge.updated`, as Stripe does it."""
    charge = work.tx.get("charge", charge_id)
    if charge is None or charge["balance_transaction"]:
        return
    after = work.put(charge | {"balance_transaction": book_charge(work, charge)["id"]})
    emit_update(work, "charge.updated", charge, after)


def card_error(
    work: Work, card: Card, charge: Json, intent: Json | None = None, method: Json | None = None
) -> StripeError:
    """402 for a declined card; the failed charge stays on record."""
    decline_code = card.decline_code or ""
    decline = DECLINES[decline_code]
    return StripeError(
        402,
        decline.message,
        error_type="card_error",
        code=decline.code,
        keeps_work=True,
        charge=charge["id"],
        decline_code=decline_code if decline.code == "card_declined" else None,
        payment_intent=intent and show(work, intent),
        payment_method=method and show(work, method),
    )

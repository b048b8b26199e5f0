"""Stripe's objects, as JSON, into the frozen shapes of ports.py."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from services.billing.ports import BalanceTransaction, Charge, CheckoutSession, StripeEvent, StripePrice
from shared.money import Money

Json = Mapping[str, Any]


def _moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _id(reference: Any) -> str | None:
    """The id of what Stripe names by id, or sends whole where it was asked to expand it."""
    found: str | None = reference["id"] if isinstance(reference, Mapping) else reference
    return found


def _whole(reference: Any) -> Json | None:
    return reference if isinstance(reference, Mapping) else None


def price_of(price: Json) -> StripePrice:
    """A price. `interval` is None for what is paid once."""
    return StripePrice(
        price_id=price["id"],
        lookup_key=price["lookup_key"] or "",
        amount=Money(price["unit_amount"], price["currency"]),
        interval=(price.get("recurring") or {}).get("interval"),
    )


def balance_of(balance: Json) -> BalanceTransaction:
    """A balance transaction."""
    return BalanceTransaction(
        balance_transaction_id=balance["id"],
        source_id=_id(balance.get("source")),
        type=balance["type"],
        gross=Money(balance["amount"], balance["currency"]),
        fee_minor=balance["fee"],
        created_at=_moment(balance["created"]),
        available_on=_moment(balance["available_on"]),
    )


def charge_of(charge: Json) -> Charge:
    """A charge, read with its balance transaction expanded (None until Stripe has made it)."""
    balance = _whole(charge.get("balance_transaction"))
    return Charge(
        charge_id=charge["id"],
        payment_intent_id=_id(charge.get("payment_intent")),
        order_id=(charge.get("metadata") or {}).get("order_id"),
        amount=Money(charge["amount"], charge["currency"]),
        refunded_minor=charge.get("amount_refunded") or 0,
        paid=charge["status"] == "succeeded" and bool(charge.get("captured", True)),
        created_at=_moment(charge["created"]),
        balance_transaction=balance_of(balance) if balance else None,
    )


def _bank_refused(status: str, intent: Json) -> bool:
    """A form that was sent in is never open again: once the bank has refused, nobody can pay with this session."""
    return status == "complete" and intent.get("status") in ("requires_payment_method", "canceled")


def session_of(session: Json) -> CheckoutSession:
    """A checkout session; its charge where the payment intent was expanded and has been paid."""
    intent = _whole(session.get("payment_intent")) or {}
    charge = _whole(intent.get("latest_charge"))
    total = session.get("amount_total")
    return CheckoutSession(
        session_id=session["id"],
        url=session.get("url"),
        order_id=(session.get("metadata") or {}).get("order_id"),
        total=None if total is None else Money(total, session["currency"]),
        paid=session["payment_status"] == "paid",
        expired=session["status"] == "expired" or _bank_refused(session["status"], intent),
        expires_at=_moment(session["expires_at"]),
        charge=charge_of(charge) if charge else None,
    )


def event_of(event: Json) -> StripeEvent:
    """An event out of Stripe's list, in the bytes that a webhook would have carried."""
    body = json.dumps(event, separators=(",", ":")).encode()
    return StripeEvent(event_id=event["id"], type=event["type"], created_at=_moment(event["created"]), body=body)

"""Books what moves money: one balance transaction for each charge and refund, with Stripe's fee."""

from datetime import UTC, datetime, timedelta

from sandbox.stripe.currencies import fee
from sandbox.stripe.errors import Json
from sandbox.stripe.ids import new_id
from sandbox.stripe.work import Work

_SATURDAY = 5
_BUSINESS_DAYS = 2


def available_on(now: int) -> int:
    """When a card payment can be paid out: midnight UTC two business days later (Stripe's usual pace in the US)."""
    day = datetime.fromtimestamp(now, UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    left = _BUSINESS_DAYS
    while left:
        day += timedelta(days=1)
        left -= day.weekday() < _SATURDAY
    return int(day.timestamp())


def book_charge(work: Work, charge: Json, *, at_once: bool = False) -> Json:
    """The balance transaction of a paid charge: its amount, Stripe's fee, and the net that reaches the balance."""
    charged = fee(charge["amount"], charge["currency"])
    details = [
        {
            "amount": charged,
            "application": None,
            "currency": charge["currency"],
            "description": "Stripe processing fees",
            "type": "stripe_fee",
        }
    ]
    ready = work.now if at_once else available_on(work.now)
    return _book(work, "charge", charge, charge["amount"], charged, details, ready)


def book_refund(work: Work, refund: Json, charge_available_on: int) -> Json:
    """The balance transaction of a refund: the amount leaves again, the fee of the charge does not come back."""
    return _book(work, "refund", refund, -refund["amount"], 0, [], max(work.now, charge_available_on))


def _book(work: Work, kind: str, source: Json, amount: int, charged: int, details: list[Json], ready: int) -> Json:
    return work.tx.add(
        {
            "id": new_id("txn"),
            "object": "balance_transaction",
            "amount": amount,
            "available_on": ready,
            "balance_type": "payments",
            "created": work.now,
            "currency": source["currency"],
            "description": source.get("description") or ("REFUND FOR CHARGE" if kind == "refund" else None),
            "exchange_rate": None,
            "fee": charged,
            "fee_details": details,
            "net": amount - charged,
            "reporting_category": kind,
            "source": source["id"],
            "status": "pending",
            "type": kind,
        }
    )

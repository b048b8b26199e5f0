"""Books what moves money: every kind of balance transaction goes through one function, and the balance is their sum.

Amounts are in minor units of the settlement currency: the charge's own where the account settles in it, else the
account's default currency, converted at the account's rate (`exchange_rate`), as Stripe does
(https://docs.stripe.com/currencies/conversions).
"""

from datetime import UTC, datetime, timedelta

from sandbox.stripe.currencies import converted, fee
from sandbox.stripe.errors import Json
from sandbox.stripe.ids import new_id
from sandbox.stripe.resources.account import account_of, settlement_currency
from sandbox.stripe.work import Work

_SATURDAY = 5
_BUSINESS_DAYS = 2

# https://docs.stripe.com/reports/reporting-categories; a dispute's adjustments are told apart by their sign.
_CATEGORIES = {
    "charge": "charge",
    "payment": "charge",
    "refund": "refund",
    "payment_refund": "refund",
    "refund_failure": "refund_failure",
    "payment_failure_refund": "charge_failure",
    "stripe_fee": "fee",
    "payout": "payout",
    "payout_failure": "payout_reversal",
    "payout_cancel": "payout_reversal",
    "topup": "topup",
}


def available_on(now: int) -> int:
    """When a card payment can be paid out: midnight UTC two business days later (Stripe's usual pace in the US)."""
    day = datetime.fromtimestamp(now, UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    left = _BUSINESS_DAYS
    while left:
        day += timedelta(days=1)
        left -= day.weekday() < _SATURDAY
    return int(day.timestamp())


def book(
    work: Work,
    kind: str,
    source: Json,
    amount: int,
    currency: str,
    *,
    fees: tuple[tuple[str, int], ...] = (),
    ready: int | None = None,
    description: str | None = None,
) -> Json:
    """Book a movement of `amount` (negative where money leaves) in `currency`, and what Stripe takes for it.

    `fees` are descriptions with amounts in the same currency; `ready`: when the money can be paid out, by default now.
    """
    into, rate = settlement_currency(work, currency)

    def settled(value: int) -> int:
        return value if rate is None else converted(value, currency, into, rate)

    details = [
        {"amount": settled(part), "application": None, "currency": into, "description": name, "type": "stripe_fee"}
        for name, part in fees
    ]
    moved, taken = settled(amount), sum(settled(part) for _, part in fees)
    return work.add(
        {
            "id": new_id("txn"),
            "object": "balance_transaction",
            "amount": moved,
            "available_on": max(work.now, ready or 0),
            "balance_type": "payments",
            "created": work.now,
            "currency": into,
            "description": description or source.get("description"),
            "exchange_rate": None if rate is None else float(rate),
            "fee": taken,
            "fee_details": details,
            "net": moved - taken,
            "reporting_category": _category(kind, amount),
            "source": source["id"],
            "status": "pending",
            "type": kind,
        }
    )


def _category(kind: str, amount: int) -> str:
    if kind == "adjustment":
        return "dispute" if amount < 0 else "dispute_reversal"
    return _CATEGORIES[kind]


def book_charge(work: Work, charge: Json, *, at_once: bool = False) -> Json:
    """The balance transaction of a paid charge: its amount, Stripe's fee, and the net that reaches the balance."""
    taken = fee(charge["amount"], charge["currency"])
    ready = None if at_once else available_on(work.now)
    fees = (("Stripe processing fees", taken),)
    return book(work, "charge", charge, charge["amount"], charge["currency"], fees=fees, ready=ready)


def book_refund(work: Work, refund: Json, charge_available_on: int) -> Json:
    """The balance transaction of a refund: the amount leaves again, the fee of the charge does not come back."""
    amount = -refund["amount"]
    described = "REFUND FOR CHARGE"
    return book(work, "refund", refund, amount, refund["currency"], ready=charge_available_on, description=described)


def balance(work: Work) -> Json:
    """The balance as Stripe shows it: the sum of all transactions, by currency, available and pending."""
    rows = work.tx.sql.execute(
        "SELECT json_extract(body, '$.currency'), json_extract(body, '$.available_on') <= ?,"
        " sum(json_extract(body, '$.net')) FROM objects WHERE kind = 'balance_transaction' GROUP BY 1, 2",
        (work.now,),
    ).fetchall()
    sums = {(str(currency), bool(ready)): int(net) for currency, ready, net in rows}
    currencies = sorted({currency for currency, _ in sums} | {account_of(work)["default_currency"]})

    def part(*, ready: bool) -> list[Json]:
        amounts = ((currency, sums.get((currency, ready), 0)) for currency in currencies)
        return [{"amount": net, "currency": currency, "source_types": {"card": net}} for currency, net in amounts]

    shown = {"object": "balance", "available": part(ready=True), "pending": part(ready=False), "livemode": False}
    return shown | {"refund_and_dispute_prefunding": {"available": [], "pending": []}}

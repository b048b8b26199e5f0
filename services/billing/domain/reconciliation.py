"""What can be wrong between our books and Stripe, in words, and what to do about it."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from datetime import time as wall_time
from enum import Enum
from zoneinfo import ZoneInfo

from shared.money import Money, format_money


class ExceptionType(Enum):
    """How a line of a reconciliation does not match. Each value is also the name in API and database."""

    MISSING_IN_BOOKS = "missing_in_books"
    """Stripe took money and our books know nothing of it."""
    MISSING_IN_STRIPE = "missing_in_stripe"
    """Our books say paid and Stripe has no such charge on that day."""
    AMOUNT_MISMATCH = "amount_mismatch"
    """Both sides know it, with different amounts."""
    CURRENCY_MISMATCH = "currency_mismatch"
    """Both sides know it, in different currencies."""
    DUPLICATE_CHARGE = "duplicate_charge"
    """A second charge for an order that another charge has paid."""
    REFUND_MISSING_IN_BOOKS = "refund_missing_in_books"
    """Stripe gave money back, and our books still have the whole payment."""
    BALANCE_TRANSACTION_MISSING = "balance_transaction_missing"
    """The charge is booked, and Stripe has not said yet what it added to the balance."""
    BALANCE_AMOUNT_MISMATCH = "balance_amount_mismatch"
    """The balance transaction's gross amount is not the charge's."""
    FEE_MISSING = "fee_missing"
    """Stripe took a fee that our books do not have."""


_SENTENCES = {
    ExceptionType.MISSING_IN_BOOKS: "Stripe took {stripe}, and our books have no payment for it.",
    ExceptionType.MISSING_IN_STRIPE: "Our books say {ours} was paid, and Stripe has no such charge on this day.",
    ExceptionType.AMOUNT_MISMATCH: "Our books say {ours} and Stripe took {stripe}.",
    ExceptionType.CURRENCY_MISMATCH: "Our books say {ours} and Stripe took {stripe}, another currency.",
    ExceptionType.DUPLICATE_CHARGE: "Stripe took {stripe} once more for an order that is paid already.",
    ExceptionType.REFUND_MISSING_IN_BOOKS: "Stripe gave {stripe} of this charge back, and our books have no refund.",
    ExceptionType.BALANCE_TRANSACTION_MISSING: "{stripe} is booked, and Stripe has not named its balance transaction.",
    ExceptionType.BALANCE_AMOUNT_MISMATCH: "Stripe's charge says {ours} and its balance transaction says {stripe}.",
    ExceptionType.FEE_MISSING: "Stripe kept a fee of {stripe} that is not in our books.",
}
_NEXT_STEPS = {
    ExceptionType.MISSING_IN_BOOKS: "Open the charge in Stripe, ask who made it, and refund it there.",
    ExceptionType.MISSING_IN_STRIPE: "Compare the charge id with Stripe's dashboard: was it in another Stripe account?",
    ExceptionType.AMOUNT_MISMATCH: "Find out which amount the customer agreed to; refund the difference in Stripe.",
    ExceptionType.CURRENCY_MISMATCH: "Check the price behind this checkout in Stripe; refund the charge if wrong.",
    ExceptionType.DUPLICATE_CHARGE: "Refund the second charge in Stripe.",
    ExceptionType.REFUND_MISSING_IN_BOOKS: "Ask who refunded it in Stripe: the customer still has the credit.",
    ExceptionType.BALANCE_TRANSACTION_MISSING: "Wait: Stripe names it within a day, and a sweep asks. Then run again.",
    ExceptionType.BALANCE_AMOUNT_MISMATCH: "Compare both in Stripe's dashboard and ask Stripe's support.",
    ExceptionType.FEE_MISSING: "Wait for the next sweep, then run again; if it stays, the fee could not be posted.",
}


def sentence(kind: ExceptionType, *, ours: Money | None, stripe: Money | None, locale: str = "en_US") -> str:
    """What is wrong, in one sentence, with the amounts as the reader writes them."""
    words = {
        "ours": format_money(ours, locale) if ours else "nothing",
        "stripe": format_money(stripe, locale) if stripe else "nothing",
    }
    return _SENTENCES[kind].format(**words)


def next_step(kind: ExceptionType) -> str:
    """What a person does about it."""
    return _NEXT_STEPS[kind]


FIRST_DAY = date(2000, 1, 1)
LAST_DAY = date(2199, 12, 31)


def may_have_books(day: date) -> bool:
    """Whether there can be books of that day: outside, a day before or after may not exist in every zone."""
    return FIRST_DAY <= day <= LAST_DAY


@dataclass(frozen=True, kw_only=True, slots=True)
class BookDay:
    """A day of the books, from midnight to midnight on the wall clock of `zone`."""

    day: date
    zone: str

    @property
    def begins_at(self) -> datetime:
        """The first moment of the day, in UTC."""
        return datetime.combine(self.day, wall_time(0), ZoneInfo(self.zone)).astimezone(UTC)

    @property
    def ends_at(self) -> datetime:
        """The first moment of the next day, in UTC: a day with a change of the clocks has 23 or 25 hours."""
        return datetime.combine(self.day + timedelta(days=1), wall_time(0), ZoneInfo(self.zone)).astimezone(UTC)


def day_of(moment: datetime, zone: str) -> BookDay:
    """The day of the books in which that moment lies."""
    return BookDay(day=moment.astimezone(ZoneInfo(zone)).date(), zone=zone)


@dataclass(frozen=True, kw_only=True, slots=True)
class Totals:
    """One currency of a run: how many payments matched, and how much, in minor units; what is open beside them."""

    currency: str
    matched: int
    matched_minor: int
    fees_minor: int
    open: int
    open_minor: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Reconciliation:
    """One run over one day. Days can be run again: each run is kept."""

    reconciliation_id: str
    day: date
    zone: str
    run_at: datetime
    run_by: str
    totals: tuple[Totals, ...]

    @property
    def matched(self) -> int:
        """Payments that agree on all sides."""
        return sum(total.matched for total in self.totals)

    @property
    def open(self) -> int:
        """Exceptions that this run found."""
        return sum(total.open for total in self.totals)

    @property
    def clean(self) -> bool:
        """Nothing is open."""
        return self.open == 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Mismatch:
    """An exception: both sides (None where a side has nothing), since when, and until when."""

    exception_id: str
    day: date
    type: ExceptionType
    charge_id: str | None
    order_id: str | None
    balance_transaction_id: str | None
    ours: Money | None
    stripe: Money | None
    occurred_at: datetime
    first_seen_at: datetime
    resolved_at: datetime | None

    @property
    def amount(self) -> Money:
        """How much money is in question."""
        amount = self.stripe or self.ours
        if amount is None:
            raise ValueError(f"{self.exception_id} has no side")
        return amount

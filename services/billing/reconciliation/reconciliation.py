"""What can be wrong between our books and Stripe on a day, and what a run found."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum

from shared.money import Money


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
    ORDER_MISMATCH = "order_mismatch"
    """Charge, payment and ledger do not name the same order, or that order is not settled."""
    DAY_MISMATCH = "day_mismatch"
    """Stripe has it on another day than order, payment or ledger."""
    BALANCE_SOURCE_MISMATCH = "balance_source_mismatch"
    """The balance transaction that stands at the charge is that of something else."""
    MISSING_IN_LEDGER = "missing_in_ledger"
    """Paid for an order, and the ledger has no entries for it."""
    BOOKED_TWICE = "booked_twice"
    """The ledger has the payment, or its fee, more than once."""
    UNBALANCED = "unbalanced"
    """What the ledger has for it does not sum to zero."""
    LEDGER_AMOUNT_MISMATCH = "ledger_amount_mismatch"
    """The ledger has another amount than Stripe took."""
    LEDGER_CURRENCY_MISMATCH = "ledger_currency_mismatch"
    """The ledger has it in another currency than Stripe."""
    LEDGER_ACCOUNT_MISMATCH = "ledger_account_mismatch"
    """The amount is right and stands in other accounts of the ledger than a payment's."""
    LEDGER_WITHOUT_CHARGE = "ledger_without_charge"
    """The ledger has a payment or a fee that nothing at Stripe explains."""
    FEE_MISMATCH = "fee_mismatch"
    """The ledger has another fee than Stripe took."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Totals:
    """One currency of a run: how many charges matched, and how much, in minor units; what is open beside them.

    The fees are those that Stripe took in this currency, whatever the currency of the charge was.
    """

    currency: str
    matched: int
    matched_minor: int
    fees_minor: int
    open: int
    open_minor: int


class RunState(Enum):
    """How far a run has come."""

    READING = "reading"
    """It reads Stripe's charges of the day."""
    COMPARING = "comparing"
    """All of them are here, and are compared with the books."""
    DONE = "done"
    """It has a result."""
    STOPPED = "stopped"
    """It failed too often: an operator looks, and lets it go on."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Reconciliation:
    """One run over one day. Days can be run again: each run is kept. `mirrored` charges of Stripe were read so far."""

    reconciliation_id: str
    day: date
    zone: str
    run_at: datetime
    run_by: str
    totals: tuple[Totals, ...] = ()
    state: RunState = RunState.DONE
    mirrored: int = 0

    @property
    def matched(self) -> int:
        """Charges that agree on all sides, each counted once."""
        return sum(total.matched for total in self.totals)

    @property
    def open(self) -> int:
        """Exceptions that this run found."""
        return sum(total.open for total in self.totals)

    @property
    def clean(self) -> bool:
        """It has looked at everything, and nothing is open."""
        return self.state is RunState.DONE and self.open == 0


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

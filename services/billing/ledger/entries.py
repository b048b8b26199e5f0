"""The books: which entries each movement of money makes, so that every transaction sums to zero per currency."""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from shared.money import Money, totals


class LedgerAccount(Enum):
    """The accounts of the books. A debit is positive, a credit negative."""

    STRIPE_BALANCE = "stripe_balance"
    """Asset: what Stripe holds for us."""
    DEFERRED_REVENUE = "deferred_revenue"
    """Liability: paid incidents that nobody has answered yet."""
    REVENUE = "revenue"
    """Income: incidents answered."""
    STRIPE_FEES = "stripe_fees"
    """Expense: what Stripe keeps."""
    CURRENCY_EXCHANGE = "currency_exchange"
    """Clearing: a charge in one currency that Stripe settled in another."""


class SourceKind(Enum):
    """What a ledger transaction comes from; with the id of it, it names the transaction exactly once."""

    CHARGE = "charge"
    """Money came in: Stripe's charge."""
    BALANCE_TRANSACTION = "balance_transaction"
    """Stripe took its share: the balance transaction that names it."""
    CONSUMPTION = "consumption"
    """An incident was answered, so its share is earned: entitlements' entry."""


class UnbalancedError(ValueError):
    """These entries do not sum to zero in each currency."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """One line: debit positive, credit negative, in minor units."""

    account: LedgerAccount
    amount: Money


@dataclass(frozen=True, kw_only=True, slots=True)
class LedgerTransaction:
    """All lines of what happened once. Its source is unique in the books, so posting twice changes nothing.

    `account_id` and `order_id` are None where whoever posts does not know them.
    """

    source_kind: SourceKind
    source_id: str
    account_id: str | None
    order_id: str | None
    occurred_at: datetime
    entries: tuple[Entry, ...]

    def __post_init__(self) -> None:
        if not self.entries or any(totals(entry.amount for entry in self.entries).values()):
            raise UnbalancedError(f"{self.source_kind.value} {self.source_id} does not balance: {self.entries}")


@dataclass(frozen=True, kw_only=True, slots=True)
class StandingTransaction(LedgerTransaction):
    """A transaction as it stands in the books: whoever looks for what somebody altered must be shown it."""

    def __post_init__(self) -> None:
        """Not checked: the reconciliation says what is wrong with it."""


def _move(amount: Money, *, debit: LedgerAccount, credit: LedgerAccount) -> tuple[Entry, ...]:
    return (Entry(account=debit, amount=amount), Entry(account=credit, amount=-amount)) if amount.amount_minor else ()


def charge_entries(amount: Money) -> tuple[Entry, ...]:
    """Money received for incidents still to be answered: Dr stripe_balance, Cr deferred_revenue."""
    return _move(amount, debit=LedgerAccount.STRIPE_BALANCE, credit=LedgerAccount.DEFERRED_REVENUE)


def fee_entries(*, charged: Money, settled: Money, fee: Money) -> tuple[Entry, ...]:
    """Stripe's fee: Dr stripe_fees, Cr stripe_balance; nothing where Stripe took none.

    Where Stripe settled the charge in another currency, the gross amount moves over through currency_exchange first,
    so that stripe_balance equals what Stripe shows in each currency.
    """
    entries = _move(fee, debit=LedgerAccount.STRIPE_FEES, credit=LedgerAccount.STRIPE_BALANCE)
    if settled.currency == charged.currency:
        return entries
    return (
        *_move(charged, debit=LedgerAccount.CURRENCY_EXCHANGE, credit=LedgerAccount.STRIPE_BALANCE),
        *_move(settled, debit=LedgerAccount.STRIPE_BALANCE, credit=LedgerAccount.CURRENCY_EXCHANGE),
        *entries,
    )


def release_entries(amount: Money) -> tuple[Entry, ...]:
    """An incident answered: Dr deferred_revenue, Cr revenue."""
    return _move(amount, debit=LedgerAccount.DEFERRED_REVENUE, credit=LedgerAccount.REVENUE)


def share_of_credit(paid: Money, *, credits_bought: int, number: int) -> Money:
    """What the `number`-th consumed credit (from 1) of an order earns: equal shares, the remainder with the last."""
    if not 1 <= number <= credits_bought:
        raise ValueError(f"Credit {number} of {credits_bought} was never sold")
    share, remainder = divmod(paid.amount_minor, credits_bought)
    return Money(share + (remainder if number == credits_bought else 0), paid.currency)

"""Look an account up with all that finance asks about it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from services.billing.accounts import store as accounts
from services.billing.accounts.account import Account
from services.billing.accounts.errors import AccountNotFound
from services.billing.context import Context
from services.billing.ledger import store as ledger
from services.billing.ledger.entries import LedgerAccount
from services.billing.orders import listing as orders
from services.billing.orders.order import Order, OrderPayment
from shared.money import Money


@dataclass(frozen=True, kw_only=True, slots=True)
class Balance:
    """The money of a customer in one currency: what was paid, what of it is earned, and what is still owed to them."""

    paid: Money
    earned: Money
    owed: Money


@dataclass(frozen=True, kw_only=True, slots=True)
class Customer:
    """An account with its orders, newest first, their payments, and its money; with those of what it absorbed."""

    account: Account
    orders: Sequence[Order]
    payments: Mapping[str, Sequence[OrderPayment]]
    balances: Sequence[Balance]


def look_up(context: Context, account_id: str, *, before: str | None = None, limit: int) -> Customer:
    """The customer, with up to `limit` orders that come before the id `before`. Raises AccountNotFound."""
    with context.db.transaction() as session:
        account = accounts.find(session, account_id)
        if account is None:
            raise AccountNotFound(account_id)
        found = orders.list_page(session, limit=limit, before=before, account_ids=account.family)
        return Customer(
            account=account,
            orders=found,
            payments=orders.payments_of(session, [order.order_id for order in found]),
            balances=_balances(ledger.totals_of_payer(session, account.family)),
        )


def _balances(totals: Sequence[tuple[LedgerAccount, Money]]) -> list[Balance]:
    by_currency: dict[str, dict[LedgerAccount, int]] = {}
    for account, amount in totals:
        by_currency.setdefault(amount.currency, {})[account] = amount.amount_minor
    return [
        Balance(
            paid=Money(moved.get(LedgerAccount.STRIPE_BALANCE, 0), currency),
            earned=Money(-moved.get(LedgerAccount.REVENUE, 0), currency),
            owed=Money(-moved.get(LedgerAccount.DEFERRED_REVENUE, 0), currency),
        )
        for currency, moved in by_currency.items()
    ]

"""Mirror charges, and book Stripe's fee as soon as Stripe has named a charge's balance transaction."""

from collections.abc import Iterable
from datetime import datetime
from itertools import islice

from sqlalchemy.orm import Session

from services.billing.context import Context
from services.billing.gateways.stripe.charges import BalanceTransaction, Charge
from services.billing.ledger import store as ledger
from services.billing.ledger.entries import LedgerTransaction, SourceKind, fee_entries
from services.billing.payments import store as charges
from services.billing.payments.leave_out import without_foreign
from services.billing.payments.store import ASK_AGAIN, WORK
from shared import clock
from shared.money import Money
from shared.work.item import Item

BATCH = 100


def mirror(session: Session, charge: Charge, *, now: datetime) -> None:
    """Keep what Stripe says of a charge that was paid, and book its fee once Stripe has named it.

    The fee is a fact of Stripe's balance, whatever the charge was for: nobody is asked whether it is in our books.
    """
    if not charge.paid:
        return
    charges.keep(session, charge, now=now)
    if charge.balance_transaction is not None:
        _book_fee(session, charge, charge.balance_transaction, now=now)


def _book_fee(session: Session, charge: Charge, balance: BalanceTransaction, *, now: datetime) -> None:
    entries = fee_entries(
        charged=charge.amount,
        settled=balance.gross,
        fee=Money(balance.fee_minor, balance.gross.currency),
    )
    if entries:
        fee = LedgerTransaction(
            source_kind=SourceKind.BALANCE_TRANSACTION,
            source_id=balance.balance_transaction_id,
            account_id=None,
            order_id=charge.order_id,
            occurred_at=balance.created_at,
            entries=entries,
        )
        ledger.post(session, fee, now=now)


def mirror_charge(context: Context, charge_id: str) -> None:
    """Read a charge from Stripe again and mirror it, unless another installation has made it."""
    charge = context.stripe.charges.read(charge_id)
    with context.db.transaction() as session:
        for ours in without_foreign(session, [charge]):
            mirror(session, ours, now=clock.now())


def mirror_charges(context: Context, charges_of_stripe: Iterable[Charge]) -> int:
    """Mirror charges as they come, without those of other installations, in batches; returns how many came."""
    coming = iter(charges_of_stripe)
    count = 0
    while batch := list(islice(coming, BATCH)):
        with context.db.transaction() as session:
            for charge in without_foreign(session, batch):
                mirror(session, charge, now=clock.now())
        count += len(batch)
    return count


def ask_for_balance(context: Context, item: Item) -> None:
    """Ask Stripe for the balance transaction that it had not made yet when it took the charge."""
    charge = context.stripe.charges.read(item.key)
    with context.db.transaction() as session:
        mirror(session, charge, now=clock.now())
        if charge.balance_transaction is None:
            WORK.again(session, item, ASK_AGAIN)
        else:
            WORK.done(session, item)

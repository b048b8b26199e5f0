"""Mirror charges, and book Stripe's fee as soon as Stripe has named a charge's balance transaction."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from services.billing.context import Context
from services.billing.gateways.stripe.charges import Charge
from services.billing.ledger import store as ledger
from services.billing.ledger.entries import LedgerTransaction, SourceKind, fee_entries
from services.billing.payments import store as charges
from services.billing.payments.leave_out import without_foreign
from services.billing.payments.store import ASK_AGAIN, WORK
from shared import clock
from shared.money import Money
from shared.work.item import Item


def mirror(session: Session, charge: Charge, *, now: datetime) -> None:
    """Keep what Stripe says of a charge that was paid, and book its fee once Stripe has named it."""
    mirror_batch(session, (charge,), now=now)


def mirror_batch(session: Session, read: Sequence[Charge], *, now: datetime) -> None:
    """Keep what Stripe says of the charges among these that were paid, and book the fees that Stripe has named.

    A fee is a fact of Stripe's balance, whatever its charge was for: nobody is asked whether it is in our books. Each
    charge stands in a batch once.
    """
    paid = [charge for charge in read if charge.paid]
    if not paid:
        return
    charges.keep_all(session, paid, now=now)
    fees = [fee for charge in paid if (fee := _fee_of(charge)) is not None]
    if fees:
        ledger.post_all(session, fees, now=now)


def _fee_of(charge: Charge) -> LedgerTransaction | None:
    balance = charge.balance_transaction
    if balance is None:
        return None
    entries = fee_entries(
        charged=charge.amount,
        settled=balance.gross,
        fee=Money(balance.fee_minor, balance.gross.currency),
    )
    if not entries:
        return None
    return LedgerTransaction(
        source_kind=SourceKind.BALANCE_TRANSACTION,
        source_id=balance.balance_transaction_id,
        account_id=None,
        order_id=charge.order_id,
        occurred_at=balance.created_at,
        entries=entries,
    )


def mirror_charge(context: Context, charge_id: str) -> None:
    """Read a charge from Stripe again and mirror it, unless another installation has made it."""
    charge = context.stripe.charges.read(charge_id)
    with context.db.transaction() as session:
        for ours in without_foreign(session, [charge]):
            mirror(session, ours, now=clock.now())


def ask_for_balance(context: Context, item: Item) -> None:
    """Ask Stripe for the balance transaction that it had not made yet when it took the charge."""
    charge = context.stripe.charges.read(item.key)
    with context.db.transaction() as session:
        mirror(session, charge, now=clock.now())
        if charge.balance_transaction is None:
            WORK.again(session, item, ASK_AGAIN)
        else:
            WORK.done(session, item)

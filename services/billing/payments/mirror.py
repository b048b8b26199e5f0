"""Mirror charges, and book Stripe's fee as soon as Stripe has named a charge's balance transaction."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import islice

from sqlalchemy.orm import Session

from services.billing.context import Context
from services.billing.gateways.stripe.charges import Charge
from services.billing.gateways.stripe.errors import STRIPE_SILENT
from services.billing.ledger import store as ledger
from services.billing.ledger.entries import LedgerTransaction, Movement, fee_entries
from services.billing.payments import store as charges
from shared import clock
from shared.errors import ServiceError
from shared.money import Money
from shared.telemetry import get_logger

log = get_logger()

BATCH = 100
ASK_AGAIN = timedelta(seconds=60)


def mirror(session: Session, charge: Charge, *, now: datetime) -> None:
    """Keep what Stripe says of a charge that was paid, and book its fee if the charge itself is in our books."""
    if not charge.paid:
        return
    charges.keep(session, charge, now=now)
    # What is known, not what was read: Stripe may have named it to somebody who found the charge not booked yet.
    known = charges.find(session, charge.charge_id)
    balance = known.balance_transaction if known else None
    booked = ledger.find(session, Movement.CHARGE, charge.charge_id)
    if balance is None or booked is None:
        return
    entries = fee_entries(
        charged=charge.amount,
        settled=balance.gross,
        fee=Money(balance.fee_minor, balance.gross.currency),
    )
    if entries:
        fee = LedgerTransaction(
            movement=Movement.FEE,
            movement_id=balance.balance_transaction_id,
            account_id=booked.account_id,
            order_id=booked.order_id,
            occurred_at=balance.created_at,
            entries=entries,
        )
        ledger.post(session, fee, now=now)


def mirror_charge(context: Context, charge_id: str) -> None:
    """Read a charge from Stripe again and mirror it."""
    charge = context.stripe.charges.read(charge_id)
    with context.db.transaction() as session:
        mirror(session, charge, now=clock.now())


def mirror_charges(context: Context, charges_of_stripe: Iterable[Charge]) -> int:
    """Mirror charges as they come, a batch in each transaction; returns how many."""
    coming = iter(charges_of_stripe)
    count = 0
    while batch := list(islice(coming, BATCH)):
        with context.db.transaction() as session:
            for charge in batch:
                mirror(session, charge, now=clock.now())
        count += len(batch)
    return count


def mirror_balances(context: Context) -> int:
    """Ask Stripe for the balance transactions that it had not made yet; returns how many charges were asked for."""
    with context.db.transaction() as session:
        waiting = charges.claim_without_balance(session, now=clock.now(), pause=ASK_AGAIN, limit=BATCH)
    for charge_id in waiting:
        try:
            mirror_charge(context, charge_id)
        except STRIPE_SILENT as silence:
            log.warning("Stripe does not answer; the other charges wait too", charge_id=charge_id, why=silence.message)
            break
        except ServiceError as refusal:
            log.warning("balance transaction not mirrored yet", charge_id=charge_id, why=refusal.message)
    return len(waiting)

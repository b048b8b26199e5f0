"""Orders as lists show them: a page of them, what came in for each, and who pays."""

from collections.abc import Iterable, Mapping, Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session

from services.billing.accounts import store as accounts
from services.billing.accounts.account import Payer
from services.billing.orders.order import Order, OrderPayment
from services.billing.orders.store import COLUMNS, WITHOUT_OUTCOME, order_of
from services.billing.orders.tables import order_payments, orders
from shared.money import Money


def count_to_decide(session: Session) -> int:
    """Orders that wait for a person's decision."""
    waiting = orders.c.parked_code.is_not(None) & WITHOUT_OUTCOME
    return session.execute(sa.select(sa.func.count()).select_from(orders).where(waiting)).scalar_one()


def list_page(
    session: Session,
    *,
    limit: int,
    before: str | None = None,
    ticket_id: str | None = None,
    state: str | None = None,
    account_ids: Sequence[str] | None = None,
) -> Sequence[Order]:
    """Orders, newest first, that come before the id `before`."""
    query = sa.select(*COLUMNS).order_by(orders.c.order_id.desc()).limit(limit)
    if before:
        query = query.where(orders.c.order_id < before)
    if ticket_id:
        query = query.where(orders.c.ticket_id == ticket_id)
    if state:
        query = query.where(orders.c.state == state)
    if account_ids is not None:
        query = query.where(orders.c.account_id.in_(account_ids))
    return [order_of(row) for row in session.execute(query)]


def payments_of(session: Session, order_ids: Sequence[str]) -> Mapping[str, Sequence[OrderPayment]]:
    """What came in for each of these orders, oldest first; orders without a payment are left out."""
    query = (
        sa.select(order_payments)
        .where(order_payments.c.order_id.in_(order_ids))
        .order_by(order_payments.c.paid_at, order_payments.c.charge_id)
    )
    found: dict[str, list[OrderPayment]] = {}
    for row in session.execute(query):
        payment = OrderPayment(
            charge_id=row.charge_id, amount=Money(row.amount_minor, row.currency), paid_at=row.paid_at
        )
        found.setdefault(row.order_id, []).append(payment)
    return found


def payers_of(session: Session, order_ids: Iterable[str | None]) -> dict[str, Payer]:
    """Who pays each of these orders."""
    wanted = sorted({order_id for order_id in order_ids if order_id is not None})
    query = sa.select(orders.c.order_id, orders.c.account_id).where(orders.c.order_id.in_(wanted))
    account_of = {row.order_id: row.account_id for row in session.execute(query)} if wanted else {}
    payers = accounts.payers(session, account_of.values())
    return {order_id: payers[account_id] for order_id, account_id in account_of.items()}

"""Orders: written before Stripe is asked, moved on under a row lock."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from psycopg.errors import LockNotAvailable
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from services.billing.orders.errors import OrderBusy
from services.billing.orders.order import Order, OrderState
from services.billing.orders.tables import orders
from shared.money import Money

_WITHOUT_OUTCOME = orders.c.state.in_([OrderState.DRAFT.value, OrderState.OPEN.value])


def _order(row: sa.Row[Any]) -> Order:
    return Order(
        order_id=row.order_id,
        account_id=row.account_id,
        contact_email=row.contact_email,
        ticket_id=row.ticket_id,
        product=row.product,
        credits=row.credits,
        price=Money(row.amount_minor, row.currency),
        lookup_key=row.lookup_key,
        price_id=row.price_id,
        state=OrderState(row.state),
        expires_after_days=row.expires_after_days,
        created_at=row.created_at,
        checkout_expires_at=row.checkout_expires_at,
        checkout_session_id=row.checkout_session_id,
        checkout_url=row.checkout_url,
        charge_id=row.charge_id,
        paid_at=row.paid_at,
        settled_at=row.settled_at,
        abandoned_at=row.abandoned_at,
        parked_reason=row.parked_reason,
    )


def insert_draft(session: Session, order: Order, *, next_ask_at: datetime) -> bool:
    """Write a new draft; False when the ticket has an open order already (the database decides)."""
    written = session.execute(
        insert(orders)
        .values(
            order_id=order.order_id,
            account_id=order.account_id,
            contact_email=order.contact_email,
            ticket_id=order.ticket_id,
            product=order.product,
            credits=order.credits,
            expires_after_days=order.expires_after_days,
            amount_minor=order.price.amount_minor,
            currency=order.price.currency,
            lookup_key=order.lookup_key,
            state=order.state.value,
            checkout_expires_at=order.checkout_expires_at,
            next_ask_at=next_ask_at,
            created_at=order.created_at,
        )
        .on_conflict_do_nothing()
        .returning(orders.c.order_id)
    )
    return written.first() is not None


def find(session: Session, order_id: str) -> Order | None:
    """The order of that id."""
    row = session.execute(sa.select(orders).where(orders.c.order_id == order_id)).first()
    return _order(row) if row else None


def find_by_charge(session: Session, charge_id: str) -> Order | None:
    """The order that this charge has settled."""
    row = session.execute(sa.select(orders).where(orders.c.charge_id == charge_id)).first()
    return _order(row) if row else None


def find_by_checkout(session: Session, checkout_session_id: str) -> Order | None:
    """The order of this checkout session."""
    row = session.execute(sa.select(orders).where(orders.c.checkout_session_id == checkout_session_id)).first()
    return _order(row) if row else None


def lock(session: Session, order_id: str) -> Order | None:
    """The order of that id, locked until the transaction ends. Raises OrderBusy."""
    return _locked(session, sa.select(orders).where(orders.c.order_id == order_id))


def lock_live_of_ticket(session: Session, ticket_id: str) -> Order | None:
    """The ticket's order that is not abandoned (open before settled), locked; waits for whoever settles it just now."""
    return _locked(
        session,
        sa.select(orders)
        .where(orders.c.ticket_id == ticket_id, orders.c.state != OrderState.ABANDONED.value)
        .order_by(_WITHOUT_OUTCOME.desc(), orders.c.order_id.desc())
        .limit(1),
    )


def _locked(session: Session, query: sa.Select[Any]) -> Order | None:
    """Whoever settles an order asks Stripe under its lock; a Stripe that is slow must not become our failure."""
    try:
        row = session.execute(query.with_for_update()).first()
    except OperationalError as error:
        if isinstance(error.orig, LockNotAvailable):
            raise OrderBusy from error
        raise
    return _order(row) if row else None


def update(session: Session, order_id: str, **values: Any) -> None:
    """Write columns of an order that the caller has locked."""
    changed = {name: value.value if isinstance(value, OrderState) else value for name, value in values.items()}
    session.execute(orders.update().where(orders.c.order_id == order_id).values(**changed))


def claim_to_ask(session: Session, *, now: datetime, pause: timedelta, limit: int) -> Sequence[str]:
    """Ids of orders whose outcome Stripe should be asked for now; nobody else asks for these during `pause`."""
    due = (
        sa.select(orders.c.order_id)
        .where(_WITHOUT_OUTCOME, orders.c.parked_reason.is_(None), orders.c.next_ask_at <= now)
        .order_by(orders.c.next_ask_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    claimed = session.execute(
        orders.update()
        .where(orders.c.order_id.in_(due.scalar_subquery()))
        .values(next_ask_at=now + pause)
        .returning(orders.c.order_id)
    )
    return claimed.scalars().all()


def count_without_outcome(session: Session, *, now: datetime) -> int:
    """Orders whose outcome should be known and is not: drafts that Stripe was asked for, checkouts past their time."""
    overdue = sa.or_(
        sa.and_(orders.c.state == OrderState.DRAFT.value, orders.c.created_at < now - timedelta(seconds=30)),
        sa.and_(orders.c.state == OrderState.OPEN.value, orders.c.checkout_expires_at < now),
    )
    return session.execute(
        sa.select(sa.func.count()).select_from(orders).where(overdue, orders.c.parked_reason.is_(None))
    ).scalar_one()


def count_parked(session: Session) -> int:
    """Orders that wait for a person."""
    parked = orders.c.parked_reason.is_not(None) & _WITHOUT_OUTCOME
    return session.execute(sa.select(sa.func.count()).select_from(orders).where(parked)).scalar_one()


def list_page(
    session: Session, *, limit: int, before: str | None, ticket_id: str | None, state: str | None
) -> Sequence[Order]:
    """Orders, newest first, that come before the id `before`."""
    query = sa.select(orders).order_by(orders.c.order_id.desc()).limit(limit)
    if before:
        query = query.where(orders.c.order_id < before)
    if ticket_id:
        query = query.where(orders.c.ticket_id == ticket_id)
    if state:
        query = query.where(orders.c.state == state)
    return [_order(row) for row in session.execute(query)]

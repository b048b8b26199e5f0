"""Orders: written before Stripe is asked, moved on under a row lock; each move counts the row's version up."""

from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from psycopg.errors import LockNotAvailable
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from services.billing.gateways.stripe.charges import Charge
from services.billing.orders.errors import OrderBusy
from services.billing.orders.order import Order, OrderState, Parked, ParkedCode
from services.billing.orders.tables import order_payments, orders
from shared.language import N_
from shared.money import Money
from shared.work.columns import WORK_COLUMNS
from shared.work.kind import WorkKind

WORK = WorkKind(
    "order_outcomes",
    orders,
    key="order_id",
    about="contact_email",
    title=N_("Orders of which Stripe has not told whether they are paid"),
)

COLUMNS = [column for column in orders.columns if column.name not in {"audit_number", *WORK_COLUMNS}]
WITHOUT_OUTCOME = orders.c.state.in_([OrderState.DRAFT.value, OrderState.OPEN.value])
_wanted: sa.BindParameter[str] = sa.bindparam("wanted")
_by_id = orders.c.order_id == _wanted

_find = sa.select(*COLUMNS).where(_by_id)
_find_by_charge = (
    sa.select(*COLUMNS)
    .join(order_payments, order_payments.c.order_id == orders.c.order_id)
    .where(order_payments.c.charge_id == _wanted)
)
_find_by_checkout = sa.select(*COLUMNS).where(orders.c.checkout_session_id == _wanted)
_lock = _find.with_for_update()
_lock_live_of_ticket = (
    sa.select(*COLUMNS)
    .where(orders.c.ticket_id == _wanted, orders.c.state != OrderState.ABANDONED.value)
    .order_by(WITHOUT_OUTCOME.desc(), orders.c.order_id.desc())
    .limit(1)
    .with_for_update()
)
_DRAFT = (
    *("order_id", "account_id", "contact_email", "ticket_id", "product", "credits", "response_class"),
    *("expires_after_days", "amount_minor", "currency", "lookup_key", "state", "checkout_expires_at", "created_at"),
)
_insert_draft = (
    insert(orders)
    .values(
        {
            **{name: sa.bindparam(name) for name in _DRAFT},
            "due_at": sa.func.now() + sa.bindparam("ask_after", type_=sa.Interval),
        }
    )
    .on_conflict_do_nothing()
    .returning(orders.c.order_id)
)


def _move(**values: Any) -> Any:
    return orders.update().where(_by_id).values(version=orders.c.version + 1, **values)


def _audited(**values: Any) -> Any:
    return _move(audit_number=orders.c.audit_number + 1, **values).returning(orders.c.audit_number)


_NO_WORK = {"due_at": sa.null(), "parked_at": sa.null(), "last_error": sa.null()}
_checkout = sa.func.coalesce(orders.c.checkout_session_id, sa.bindparam("session_id"))
_use_up_key = (
    orders.update()
    .where(_by_id, orders.c.state == OrderState.DRAFT.value, orders.c.checkout_tries == sa.bindparam("seen"))
    .values(checkout_tries=orders.c.checkout_tries + 1)
)
_keep_price = _move(price_id=sa.bindparam("price_id"))
_mark_open = _move(
    state=OrderState.OPEN.value,
    checkout_session_id=_checkout,
    checkout_url=sa.bindparam("url"),
    due_at=sa.func.now() + sa.bindparam("ask_after", type_=sa.Interval),
)
_mark_settled = _audited(
    state=OrderState.SETTLED.value,
    checkout_session_id=_checkout,
    paid_at=sa.bindparam("paid_at"),
    settled_at=sa.bindparam("at"),
    checkout_url=sa.null(),
    parked_code=sa.null(),
    parked_parameters=sa.null(),
    **_NO_WORK,
)
_mark_abandoned = _audited(
    state=OrderState.ABANDONED.value, abandoned_at=sa.bindparam("at"), checkout_url=sa.null(), **_NO_WORK
)
_mark_parked = _audited(
    checkout_session_id=_checkout,
    parked_code=sa.bindparam("code"),
    parked_parameters=sa.bindparam("parameters", type_=orders.c.parked_parameters.type),
    **_NO_WORK,
)
_hurry = (
    orders.update()
    .where(_by_id, orders.c.due_at > sa.func.now(), orders.c.last_error.is_(None))
    .values(due_at=sa.func.now())
    .returning(orders.c.order_id)
)
_insert_payment = (
    insert(order_payments)
    .values({column.name: sa.bindparam(column.name) for column in order_payments.columns})
    .on_conflict_do_nothing(index_elements=["charge_id"])
)


def order_of(row: sa.Row[Any]) -> Order:
    """An order out of COLUMNS."""
    return Order(
        order_id=row.order_id,
        account_id=row.account_id,
        contact_email=row.contact_email,
        ticket_id=row.ticket_id,
        product=row.product,
        credits=row.credits,
        response_class=row.response_class,
        price=Money(row.amount_minor, row.currency),
        lookup_key=row.lookup_key,
        price_id=row.price_id,
        checkout_tries=row.checkout_tries,
        state=OrderState(row.state),
        version=row.version,
        expires_after_days=row.expires_after_days,
        created_at=row.created_at,
        checkout_expires_at=row.checkout_expires_at,
        checkout_session_id=row.checkout_session_id,
        checkout_url=row.checkout_url,
        paid_at=row.paid_at,
        settled_at=row.settled_at,
        abandoned_at=row.abandoned_at,
        parked=row.parked_code and Parked(code=ParkedCode(row.parked_code), parameters=row.parked_parameters),
    )


def _one(session: Session, query: Any, wanted: str) -> Order | None:
    row = session.execute(query, {"wanted": wanted}).first()
    return order_of(row) if row else None


def insert_draft(session: Session, order: Order, *, ask_after: timedelta) -> bool:
    """Write a new draft; False when the ticket has an open order already (the database decides)."""
    values = {
        "order_id": order.order_id,
        "account_id": order.account_id,
        "contact_email": order.contact_email,
        "ticket_id": order.ticket_id,
        "product": order.product,
        "credits": order.credits,
        "response_class": order.response_class,
        "expires_after_days": order.expires_after_days,
        "amount_minor": order.price.amount_minor,
        "currency": order.price.currency,
        "lookup_key": order.lookup_key,
        "state": order.state.value,
        "checkout_expires_at": order.checkout_expires_at,
        "created_at": order.created_at,
        "ask_after": ask_after,
    }
    return session.execute(_insert_draft, values).first() is not None


def find(session: Session, order_id: str) -> Order | None:
    """The order of that id."""
    return _one(session, _find, order_id)


def find_by_charge(session: Session, charge_id: str) -> Order | None:
    """The order that this charge has paid."""
    return _one(session, _find_by_charge, charge_id)


def find_by_checkout(session: Session, checkout_session_id: str) -> Order | None:
    """The order of this checkout session."""
    return _one(session, _find_by_checkout, checkout_session_id)


def lock(session: Session, order_id: str) -> Order | None:
    """The order of that id, locked until the transaction ends. Raises OrderBusy."""
    return _locked(session, _lock, order_id)


def lock_live_of_ticket(session: Session, ticket_id: str) -> Order | None:
    """The ticket's order that is not abandoned (open before settled), locked; waits for whoever settles it just now."""
    return _locked(session, _lock_live_of_ticket, ticket_id)


def _locked(session: Session, query: Any, wanted: str) -> Order | None:
    try:
        return _one(session, query, wanted)
    except OperationalError as error:
        if isinstance(error.orig, LockNotAvailable):
            raise OrderBusy from error
        raise


# What follows writes to an order that the caller has locked.


def keep_price(session: Session, order_id: str, price_id: str) -> None:
    """Which price Stripe is asked to charge: kept, because a retry must name the same."""
    session.execute(_keep_price, {"wanted": order_id, "price_id": price_id})


def use_up_key(session: Session, order: Order) -> None:
    """Stripe repeats a failure under the key of this draft: the next request takes another. Two at once use up one."""
    session.execute(_use_up_key, {"wanted": order.order_id, "seen": order.checkout_tries})


def mark_open(session: Session, order_id: str, *, session_id: str, url: str | None, ask_after: timedelta) -> None:
    """Its checkout waits for the customer."""
    session.execute(_mark_open, {"wanted": order_id, "session_id": session_id, "url": url, "ask_after": ask_after})


def mark_settled(session: Session, order_id: str, *, session_id: str, paid_at: datetime, at: datetime) -> int:
    """It is paid; returns its new audit number."""
    values = {"wanted": order_id, "session_id": session_id, "paid_at": paid_at, "at": at}
    return int(session.execute(_mark_settled, values).scalar_one())


def mark_abandoned(session: Session, order_id: str, *, at: datetime) -> int:
    """Nobody can pay it any more; returns its new audit number."""
    return int(session.execute(_mark_abandoned, {"wanted": order_id, "at": at}).scalar_one())


def mark_parked(session: Session, order_id: str, parked: Parked, *, session_id: str) -> int:
    """A person must decide, and nobody asks Stripe for it any more; returns its new audit number."""
    values = {
        "wanted": order_id,
        "session_id": session_id,
        "code": parked.code.value,
        "parameters": dict(parked.parameters),
    }
    return int(session.execute(_mark_parked, values).scalar_one())


def add_payment(session: Session, order: Order, charge: Charge) -> None:
    """Money came in for it; the same charge again changes nothing."""
    session.execute(
        _insert_payment,
        {
            "charge_id": charge.charge_id,
            "order_id": order.order_id,
            "account_id": order.account_id,
            "payment_intent_id": charge.payment_intent_id,
            "amount_minor": charge.amount.amount_minor,
            "currency": charge.amount.currency,
            "paid_at": charge.created_at,
        },
    )


# And what needs no lock.


def hurry(session: Session, order_id: str) -> bool:
    """Let Stripe be asked for it now; False where it is asked already, waits after a failure, or has its outcome."""
    return session.execute(_hurry, {"wanted": order_id}).first() is not None

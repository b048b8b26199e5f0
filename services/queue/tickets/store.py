"""Tickets in and out of their rows; `alter` is the only way to change one, and leaves its audit entry."""

from dataclasses import asdict
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from services.queue.classes.response_class import CalendarName, ResponseClass, TakenBy
from services.queue.classes.source import Source
from services.queue.tickets.errors import LeaseLost, TicketNotFound
from services.queue.tickets.promise import Promise
from services.queue.tickets.tables import tickets
from services.queue.tickets.ticket import Lease, Payment, State, Ticket
from shared import audit
from shared.audit import Change
from shared.sentences import Sentence

AGGREGATE = "ticket"
"""Under this name the audit trail keeps what happens to tickets."""
_PLAIN_FIELDS = (
    "id", "number", "subject", "contact_email", "contact_key", "contact_name", "language", "zone", "tried", "restated",
    "requester_verified", "link_version", "product", "currency", "order_id", "opened_at",
    "first_responded_at", "resolved_at", "ended_at", "queued", "owner_id", "lease_token", "lease_expires_at",
)  # fmt: skip


def from_row(row: sa.Row[Any]) -> Ticket:
    """The ticket in a row that has all columns of the table."""
    return Ticket(
        **{name: getattr(row, name) for name in _PLAIN_FIELDS},
        state=State(row.state),
        payment=Payment(row.payment),
        promise=_promise(row),
    )


def _promise(row: sa.Row[Any]) -> Promise | None:
    if row.response_class is None:
        return None
    return Promise(
        response_class=ResponseClass(
            id=row.response_class,
            rank=row.class_rank,
            taken_by=TakenBy.read(row.taken_by),
            names=row.class_names,
            sentences=row.class_sentences,
        ),
        starts_at=row.starts_at,
        respond_by=row.respond_by,
        target_minutes=row.target_minutes,
        calendar=CalendarName(**row.calendar),
        reasons=tuple(Sentence.from_json(reason) for reason in row.reasons),
        decision_id=row.decision_id,
        sequence=row.decision_sequence,
        source=None if row.source_id is None else Source(kind=row.source_kind, id=row.source_id),
    )


def promise_values(promise: Promise) -> dict[str, Any]:
    """The columns that hold a promise."""
    return {
        "response_class": promise.response_class.id,
        "class_rank": promise.response_class.rank,
        "taken_by": promise.response_class.taken_by.value,
        "class_names": dict(promise.response_class.names),
        "class_sentences": dict(promise.response_class.sentences),
        "starts_at": promise.starts_at,
        "respond_by": promise.respond_by,
        "target_minutes": promise.target_minutes,
        "calendar": asdict(promise.calendar),
        "reasons": [reason.as_json() for reason in promise.reasons],
        "decision_id": promise.decision_id,
        "decision_sequence": promise.sequence,
        "source_kind": promise.source.kind if promise.source else None,
        "source_id": promise.source.id if promise.source else None,
    }


def insert_once(session: Session, change: Change, values: dict[str, Any]) -> Ticket | None:
    """Store a new ticket with its first audit entry; None when its form was sent before (that ticket stands)."""
    statement = insert(tickets).values(**values, opened_at=change.at, audit_number=1)
    row = session.execute(
        statement.on_conflict_do_nothing(index_elements=[tickets.c.form_key]).returning(tickets)
    ).one_or_none()
    if row is None:
        return None
    ticket = from_row(row)
    after = {"state": ticket.state, "payment": ticket.payment, "requester_verified": ticket.requester_verified}
    _note(session, change, ticket, 1, {}, after)
    return ticket


_by_id = sa.select(tickets).where(tickets.c.id == sa.bindparam("ticket_id"))
_by_id_locked = _by_id.with_for_update()


def find(session: Session, ticket_id: str) -> Ticket:
    """The ticket. Raises TicketNotFound."""
    return _found(session, ticket_id, _by_id)


def lock(session: Session, ticket_id: str) -> Ticket:
    """The ticket, locked for the rest of the transaction. Raises TicketNotFound."""
    return _found(session, ticket_id, _by_id_locked)


def _found(session: Session, ticket_id: str, query: "sa.Select[Any]") -> Ticket:
    if "\0" in ticket_id:  # which Postgres cannot even compare
        raise TicketNotFound
    row = session.execute(query, {"ticket_id": ticket_id}).one_or_none()
    if row is None:
        raise TicketNotFound
    return from_row(row)


def lock_leased(session: Session, ticket_id: str, lease: Lease, now: datetime) -> Ticket:
    """The ticket, locked, if this lease is the one that runs. Raises LeaseLost: nothing may be written under it."""
    ticket = lock(session, ticket_id)
    if not ticket.runs(lease, now):
        raise LeaseLost(ticket_id)
    return ticket


def find_by_form(session: Session, form_key: str) -> Ticket:
    """The ticket that this form made when it was sent before."""
    return from_row(session.execute(sa.select(tickets).where(tickets.c.form_key == form_key)).one())


def page(session: Session, after: str | None, limit: int, state: State | None) -> list[Ticket]:
    """All tickets, the newest first, from the one after `after` on."""
    query: sa.Select[Any] = sa.select(tickets).order_by(tickets.c.id.desc()).limit(limit)
    if after is not None:
        query = query.where(tickets.c.id < after)
    if state is not None:
        query = query.where(tickets.c.state == state.value)
    return [from_row(row) for row in session.execute(query)]


def alter(session: Session, ticket: Ticket, change: Change, **values: Any) -> Ticket:
    """Alter a ticket that this transaction has locked, with the audit entry that says who, why, before and after."""
    row = session.execute(
        tickets.update()
        .where(tickets.c.id == ticket.id)
        .values(**values, audit_number=tickets.c.audit_number + 1)
        .returning(tickets)
    ).one()
    before = {name: getattr(ticket, name) for name in values if hasattr(ticket, name)}
    if ticket.promise is not None:
        before |= {name: value for name, value in promise_values(ticket.promise).items() if name in values}
    altered = from_row(row)
    _note(session, change, altered, row.audit_number, before, values)
    return altered


def _note(
    session: Session, change: Change, ticket: Ticket, number: int, before: dict[str, Any], after: dict[str, Any]
) -> None:
    audit.append(
        session,
        change,
        aggregate=AGGREGATE,
        aggregate_id=ticket.id,
        number=number,
        owner_key=ticket.contact_key,
        before=before,
        after=after,
    )


def extend_lease(session: Session, ticket_id: str, lease: Lease, now: datetime, until: datetime) -> None:
    """Let a running lease run on. No audit entry: the owner does not change. Raises LeaseLost."""
    extended = session.execute(
        tickets.update()
        .where(
            tickets.c.id == ticket_id,
            tickets.c.owner_id == lease.agent_id,
            tickets.c.lease_token == lease.token,
            tickets.c.lease_expires_at > now,
        )
        .values(lease_expires_at=until)
        .returning(tickets.c.id)
    ).one_or_none()
    if extended is None:
        raise LeaseLost(ticket_id)

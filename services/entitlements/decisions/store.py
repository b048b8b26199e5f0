"""Decisions in and out of their rows."""

from typing import Any

import psycopg
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from services.entitlements.decisions.decision import Decision, Source, SourceKind
from services.entitlements.decisions.statements import ADD, ADD_FIRST, ADD_FIRST_AND_HOLD
from services.entitlements.decisions.tables import decisions
from services.entitlements.tickets.ticket import Ticket
from shared.audit import Change, as_json, parameters_of
from shared.ids import new_id
from shared.sentences import Sentence

_LATEST = (
    sa.select(decisions)
    .where(decisions.c.ticket_id == sa.bindparam("wanted"))
    .order_by(decisions.c.sequence.desc())
    .limit(1)
)
_SOMEBODY_CAME_FIRST = frozenset(("tickets_pkey", "decisions_source_has_kind_and_id"))
"""What the database refuses a first decision for: the ticket is known meanwhile, or the last credit was taken."""


def latest(session: Session, ticket_id: str) -> Decision | None:
    """The decision in force for a ticket."""
    row = session.execute(_LATEST, {"wanted": ticket_id}).one_or_none()
    return None if row is None else _decision(row)


def add(session: Session, decision: Decision, before: Decision | None, facts: dict[str, Any], change: Change) -> None:
    """Store a decision and the facts that it was made from; two of one sequence cannot be."""
    session.execute(ADD, _values(decision, facts) | _told(decision, before) | parameters_of(change))


def add_first(session: Session, ticket: Ticket, decision: Decision, facts: dict[str, Any], change: Change) -> bool:
    """Store a ticket with its first decision and hold the credit that it needs; all of that or, False, nothing.

    False: the ticket is known meanwhile, or somebody else took the credit.
    """
    source = decision.source
    asked = {f"asked_{name}": getattr(ticket, name) for name in ("requester_email", "requester_verified", "opened_at")}
    values = _values(decision, facts) | _told(decision, None) | asked | {"asked_at": change.at} | parameters_of(change)
    try:
        if source is None:
            session.execute(ADD_FIRST, values)
        else:
            hold = {"of_grant": source.id, "amount": 1, "new_entry": new_id("cre"), "happened_at": change.at}
            session.execute(ADD_FIRST_AND_HOLD, values | hold)
    except IntegrityError as refused:
        if isinstance(refused.orig, psycopg.Error) and refused.orig.diag.constraint_name in _SOMEBODY_CAME_FIRST:
            return False
        raise
    return True


def _values(decision: Decision, facts: dict[str, Any]) -> dict[str, Any]:
    source = decision.source
    row = {
        "id": decision.decision_id,
        "ticket_id": decision.ticket_id,
        "sequence": decision.sequence,
        "account_id": decision.account_id,
        "source_kind": None if source is None else source.kind,
        "source_id": None if source is None else source.id,
        "response_class": decision.response_class,
        "rank": decision.rank,
        "taken_by": decision.taken_by,
        "names": dict(decision.names),
        "sentences": dict(decision.sentences),
        "target_minutes": decision.target_minutes,
        "calendar": dict(decision.calendar),
        "starts_at": decision.starts_at,
        "respond_by": decision.respond_by,
        "reasons": [reason.as_json() for reason in decision.reasons],
        "facts": facts,
        "policy_version": decision.policy_version,
        "decided_at": decision.decided_at,
    }
    return {f"new_{name}": value for name, value in row.items()}


def _told(decision: Decision, before: Decision | None) -> dict[str, Any]:
    return {
        "of_ticket": decision.ticket_id,
        "of_account": decision.account_id,
        "audit_before": {} if before is None else _promised(before),
        "audit_after": _promised(decision),
    }


def _promised(decision: Decision) -> dict[str, Any]:
    return as_json(
        {
            "decision_id": decision.decision_id,
            "response_class": decision.response_class,
            "rank": decision.rank,
            "respond_by": decision.respond_by,
            "source": None if decision.source is None else f"{decision.source.kind}:{decision.source.id}",
        }
    )


def _decision(row: sa.Row[Any]) -> Decision:
    source = None if row.source_kind is None else Source(kind=SourceKind(row.source_kind), id=row.source_id)
    return Decision(
        decision_id=row.id,
        ticket_id=row.ticket_id,
        sequence=row.sequence,
        account_id=row.account_id,
        source=source,
        response_class=row.response_class,
        rank=row.rank,
        taken_by=row.taken_by,
        names=row.names,
        sentences=row.sentences,
        target_minutes=row.target_minutes,
        calendar=row.calendar,
        starts_at=row.starts_at,
        respond_by=row.respond_by,
        reasons=tuple(map(Sentence.from_json, row.reasons)),
        policy_version=row.policy_version,
        decided_at=row.decided_at,
    )

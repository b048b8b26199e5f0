"""Decisions in and out of their rows."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session

from services.entitlements.decisions.decision import Decision, Source, SourceKind
from services.entitlements.decisions.tables import decisions
from services.entitlements.tickets.tables import tickets
from shared.audit import Change, as_json, entry_of, parameters_of
from shared.sentences import Sentence

_LATEST = (
    sa.select(decisions)
    .where(decisions.c.ticket_id == sa.bindparam("wanted"))
    .order_by(decisions.c.sequence.desc())
    .limit(1)
)
_counted = (
    tickets.update()
    .where(tickets.c.ticket_id == sa.bindparam("of_ticket"))
    .values(account_id=sa.bindparam("of_account"), audit_number=tickets.c.audit_number + 1)
    .returning(tickets.c.ticket_id, tickets.c.account_id, tickets.c.requester_email, tickets.c.audit_number)
    .cte("counted")
)
_trail = entry_of(
    _counted,
    aggregate="ticket",
    aggregate_id=_counted.c.ticket_id,
    owner_key=sa.func.coalesce(_counted.c.account_id, _counted.c.requester_email),
    before=sa.bindparam("audit_before", type_=JSONB),
    after=sa.bindparam("audit_after", type_=JSONB),
)
# No parameter has the name of a column: SQLAlchemy would write it into that column, in each UPDATE of the statement.
_ADD = (
    decisions.insert().values({one.name: sa.bindparam(f"new_{one.name}") for one in decisions.columns}).add_cte(_trail)
)
"""The decision, the ticket's count and the trail's entry, in one statement."""


def latest(session: Session, ticket_id: str) -> Decision | None:
    """The decision in force for a ticket."""
    row = session.execute(_LATEST, {"wanted": ticket_id}).one_or_none()
    return None if row is None else _decision(row)


def add(session: Session, decision: Decision, before: Decision | None, facts: dict[str, Any], change: Change) -> None:
    """Store a decision and the facts that it was made from; two of one sequence cannot be."""
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
    trail = {
        "of_ticket": decision.ticket_id,
        "of_account": decision.account_id,
        "audit_before": {} if before is None else _promised(before),
        "audit_after": _promised(decision),
    }
    session.execute(_ADD, {f"new_{name}": value for name, value in row.items()} | trail | parameters_of(change))


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

"""Decide which promise a ticket carries: once for each ticket, with its reasons; a later decision only raises."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from services.entitlements.accounts import store as accounts
from services.entitlements.credits import store as ledger
from services.entitlements.credits.credit import EntryKind
from services.entitlements.decisions import store as decisions
from services.entitlements.decisions.decision import Decision, Facts, decide, raised
from services.entitlements.policies.policy import Policy, ResponseClass
from services.entitlements.tickets import store as tickets
from services.entitlements.tickets.errors import TicketBelongsToAnother
from shared import clock
from shared.contracts import DecisionV1
from shared.db import Database
from shared.ids import new_id

Body = dict[str, Any]


def decide_ticket(db: Database, policy: Policy, request: Body) -> Body:
    """The decision for a ticket as a DecisionV1; the same one for each repeat of the question.

    `request` holds what DecisionRequestV1 has read. Raises TicketBelongsToAnother when a repeat names somebody else.
    """
    ticket_id, email = request["ticket_id"], request["requester_email"].lower()
    with db.transaction() as session:
        tickets.lock_ticket(session, ticket_id)
        tickets.add_ticket(session, {**request, "requester_email": email}, clock.now())
        ticket = tickets.known_ticket(session, ticket_id)
        if ticket is None or ticket.requester_email != email:
            raise TicketBelongsToAnother(ticket_id)
        found = decisions.latest(session, ticket_id) or _decide(session, policy, ticket)
        return as_contract(found)


def raise_decision(session: Session, policy: Policy, ticket: sa.Row[Any]) -> Body | None:
    """Decide a ticket again, because new credits came; None where that changes nothing for the better.

    The caller holds the ticket's lock. A ticket that was answered or has ended takes no more credit.
    """
    before = decisions.latest(session, ticket.ticket_id)
    if before is None or ticket.first_responded_at is not None or ticket.closed_at is not None:
        return None
    after = _decide(session, policy, ticket, before)
    return None if after is before else as_contract(after)


def as_contract(row: sa.Row[Any]) -> Body:
    """A stored decision in the shape of DecisionV1, as Python values."""
    stored = {**row._mapping, "decision_id": row.id}
    return {name: stored[name] for name in DecisionV1().fields}


def _decide(session: Session, policy: Policy, ticket: sa.Row[Any], before: sa.Row[Any] | None = None) -> sa.Row[Any]:
    """Decide, hold the credit, store. Whoever takes the last credit first wins; the other is decided without it."""
    account_id = accounts.account_of(session, ticket.requester_email)
    while True:
        now = clock.now()
        facts = Facts(
            ticket_id=ticket.ticket_id,
            opened_at=ticket.opened_at,
            requester_verified=ticket.requester_verified,
            grants=ledger.grants_for(session, account_id, ticket.ticket_id),
            at=now,
        )
        decision: Decision | None = decide(facts, policy)
        if before is not None:
            decision = raised(decide(facts, policy), ResponseClass(before.response_class), before.respond_by)
        if decision is None and before is not None:
            return before
        if decision is not None and _hold(session, decision, ticket.ticket_id, now):
            return _store(session, ticket.ticket_id, decision, facts, before)


def _hold(session: Session, decision: Decision, ticket_id: str, now: datetime) -> bool:
    """Hold the credit that the decision needs; False when it is gone and the facts must be read again."""
    if decision.grant_id is None:
        return True
    return ledger.move(session, EntryKind.HOLD, decision.grant_id, ticket_id, now, now) is not None


def _store(
    session: Session, ticket_id: str, decision: Decision, facts: Facts, before: sa.Row[Any] | None
) -> sa.Row[Any]:
    target = decision.target
    return decisions.add(
        session,
        {
            "id": new_id("dec"),
            "ticket_id": ticket_id,
            "sequence": before.sequence + 1 if before else 1,
            "response_class": decision.response_class,
            "starts_at": decision.starts_at,
            "respond_by": decision.respond_by,
            "target_minutes": round(target.working_time.total_seconds() / 60),
            "calendar": {"id": target.calendar_id, "name": target.calendar_name, "zone": target.calendar.zone},
            "grant_id": decision.grant_id,
            "reasons": [{"code": reason.code, "text": reason.text} for reason in decision.reasons],
            "facts": {
                "opened_at": facts.opened_at.isoformat(),
                "requester_verified": facts.requester_verified,
                "grants": [
                    {
                        "grant_id": grant.grant_id,
                        "ticket_id": grant.ticket_id,
                        "available": grant.available,
                        "granted_at": grant.granted_at.isoformat(),
                        "expires_at": grant.expires_at.isoformat() if grant.expires_at else None,
                    }
                    for grant in facts.grants
                ],
            },
            "policy_version": decision.policy_version,
            "decided_at": facts.at,
        },
    )

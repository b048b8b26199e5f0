"""Decide which promise a ticket carries: once for each ticket, with its reasons; a later decision only raises."""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from services.entitlements.context import Context
from services.entitlements.credits import store as ledger
from services.entitlements.credits.credit import EntryKind, Purse
from services.entitlements.decisions import store as decisions
from services.entitlements.decisions.decision import Decision, Facts, Verdict, decide, raised
from services.entitlements.policies.policy import Policy
from services.entitlements.tickets import store as tickets
from services.entitlements.tickets.errors import TicketBelongsToAnother
from services.entitlements.tickets.ticket import Ticket
from shared import clock
from shared.audit import Change, as_json
from shared.email_address import contact_key
from shared.ids import new_id
from shared.telemetry import get_logger

log = get_logger()


@dataclass(frozen=True, kw_only=True)
class Question:
    """What queue knows of a ticket when it asks (DecisionRequestV1)."""

    ticket_id: str
    requester_email: str
    requester_verified: bool
    opened_at: datetime


def decide_ticket(context: Context, question: Question) -> Decision:
    """The decision for a ticket; the same one for each repeat of the question, or a better one for a proved requester.

    Raises TicketBelongsToAnother when a repeat names somebody else.
    """
    asked = Ticket(
        ticket_id=question.ticket_id,
        requester_email=contact_key(question.requester_email),
        requester_verified=question.requester_verified,
        opened_at=question.opened_at,
    )
    first = _decide_first(context, asked)
    if first is not None:
        return first
    with context.db.transaction() as session:
        ticket, is_new = tickets.ask(session, asked, clock.now())
        if ticket.requester_email != asked.requester_email:
            raise TicketBelongsToAnother(ticket.ticket_id)
        found = None if is_new else decisions.latest(session, ticket.ticket_id)
        if found is not None and asked.requester_verified and not ticket.requester_verified:
            # Proved after it was decided: what the account has left may pay where nothing does so far.
            ticket = tickets.verify(session, ticket)
            if found.source is not None:
                return found
            return raise_decision(session, context.policy, ticket, actor="service:queue") or found
        return found or _decide(session, context.policy, ticket, None, "service:queue")


def _decide_first(context: Context, ticket: Ticket) -> Decision | None:
    """Decide a ticket of which nobody knows: one statement reads, one writes. None where somebody knows it already.

    Nothing is locked in between. What the second one finds changed it refuses whole, and the first is asked again.
    """
    while True:
        with context.db.single() as session:
            purse = ledger.purse(session, ticket.requester_email, ticket.ticket_id)
        if purse.ticket_is_known:
            return None
        facts = _facts(ticket, purse)
        verdict = decide(facts, context.policy)
        change = _change(verdict, None, "service:queue", facts)
        decision = _decision(verdict, purse.account_id, facts, None)
        with context.db.single() as session:
            if decisions.add_first(session, ticket, decision, _as_stored(facts), change):
                _tell_unknown_class(verdict, ticket.ticket_id)
                return decision


def raise_decision(session: Session, policy: Policy, ticket: Ticket, *, actor: str) -> Decision | None:
    """Decide a ticket again, because new credits came; None where that changes nothing for the better.

    The caller holds the ticket's lock. A ticket that was answered or has ended takes no more credit.
    """
    before = decisions.latest(session, ticket.ticket_id) if ticket.takes_credit else None
    if before is None:
        return None
    after = _decide(session, policy, ticket, before, actor)
    return None if after is before else after


def _decide(session: Session, policy: Policy, ticket: Ticket, before: Decision | None, actor: str) -> Decision:
    """Decide, hold the credit, store. Whoever takes the last credit first wins; the other is decided without it."""
    while True:
        purse = ledger.purse(session, ticket.requester_email, ticket.ticket_id)
        facts = _facts(ticket, purse)
        verdict = decide(facts, policy)
        if before is not None:
            better = raised(verdict, before.rank, before.respond_by)
            if better is None:
                return before
            verdict = better
        change = _change(verdict, before, actor, facts)
        if _pay(session, verdict, before, ticket.ticket_id, change):
            decision = _decision(verdict, purse.account_id, facts, before)
            decisions.add(session, decision, before, _as_stored(facts), change)
            _tell_unknown_class(verdict, ticket.ticket_id)
            return decision


def _facts(ticket: Ticket, purse: Purse) -> Facts:
    return Facts(
        ticket_id=ticket.ticket_id,
        opened_at=ticket.opened_at,
        requester_verified=ticket.requester_verified,
        grants=purse.grants,
        at=clock.now(),
    )


def _change(verdict: Verdict, before: Decision | None, actor: str, facts: Facts) -> Change:
    why = " ".join(reason.code for reason in verdict.reasons)
    return Change(actor=actor, action="decided" if before is None else "raised", why=why, at=facts.at)


def _pay(session: Session, verdict: Verdict, before: Decision | None, ticket_id: str, change: Change) -> bool:
    """Hold the credit that the verdict needs, then release the one before it; False when the needed one is gone."""
    if verdict.source is not None and ledger.hold(session, verdict.source.id, ticket_id, change) is None:
        return False
    if before is not None and before.source is not None:
        better = Change(
            actor=change.actor, action="released", why=f"{ticket_id} is paid by something better", at=change.at
        )
        ledger.end_hold(session, EntryKind.RELEASE, ticket_id, better, change.at)
    return True


def _tell_unknown_class(verdict: Verdict, ticket_id: str) -> None:
    if verdict.unknown_class is not None:
        log.error(
            "the policy has no class that was bought; the nearest below stands in",
            bought=verdict.unknown_class,
            given=verdict.response_class.id,
            ticket_id=ticket_id,
        )


def _decision(verdict: Verdict, account_id: str | None, facts: Facts, before: Decision | None) -> Decision:
    promised = verdict.response_class
    calendar = promised.calendar
    return Decision(
        decision_id=new_id("dec"),
        ticket_id=facts.ticket_id,
        sequence=before.sequence + 1 if before else 1,
        account_id=account_id,
        source=verdict.source,
        response_class=promised.id,
        rank=promised.rank,
        taken_by=promised.taken_by,
        names=promised.names,
        sentences=promised.sentences,
        target_minutes=promised.target_minutes,
        calendar={"id": calendar.id, "names": calendar.names, "zone": calendar.hours.zone},
        starts_at=verdict.starts_at,
        respond_by=verdict.respond_by,
        reasons=verdict.reasons,
        policy_version=verdict.policy_version,
        decided_at=facts.at,
    )


def _as_stored(facts: Facts) -> dict[str, Any]:
    return as_json({"opened_at": facts.opened_at, "requester_verified": facts.requester_verified}) | {
        "grants": [as_json(asdict(grant)) for grant in facts.grants]
    }

"""Find out which promise a ticket carries: ask entitlements, and give the fallback where no answer came in time."""

from datetime import timedelta

from services.queue.context import Context
from services.queue.decisions import store as decisions
from services.queue.decisions.freeze_promise import freeze_promise
from services.queue.decisions.record import record_decision
from services.queue.gateways.entitlements import Question
from services.queue.tickets import store as tickets
from services.queue.tickets.audit import SYSTEM, Act
from services.queue.tickets.promise import fallback
from shared import clock
from shared.http import PeerRefused, PeerUnavailable
from shared.telemetry import get_logger

log = get_logger()

BATCH = 200
_SWEEP_DEADLINE_S = 2.0


def decide_ticket(context: Context, ticket_id: str, deadline_s: float | None = None) -> None:
    """Ask for the decision and freeze it. Safe to repeat: the decision of a ticket is always the same one.

    Raises PeerUnavailable or PeerRefused: the ticket stands all the same, and a sweep asks again.
    """
    with context.db.transaction() as session:
        ticket = tickets.find(session, ticket_id)
    if ticket.promise is not None and ticket.promise.decision_id is not None:
        return
    question = Question(
        ticket_id=ticket.id,
        requester_email=ticket.contact_email,
        requester_verified=ticket.requester_verified,
        opened_at=ticket.opened_at,
    )
    decision = context.entitlements.decide(question, deadline_s or _SWEEP_DEADLINE_S)
    with context.db.transaction() as session:
        record_decision(session, context.settings, decision, actor=SYSTEM)


def sweep_undecided(context: Context) -> None:
    """Ask again for every ticket without a decision; where ten minutes have passed, give the fallback promise."""
    with context.db.transaction() as session:
        waiting = decisions.undecided(session, BATCH)
    for ticket_id in waiting:
        try:
            decide_ticket(context, ticket_id)
        except PeerUnavailable as error:
            log.warning("decisions wait", tickets=len(waiting), why=error.message)
            break
        except PeerRefused as error:
            log.error("decision refused", ticket_id=ticket_id, why=error.message)
    give_fallbacks(context)


def give_fallbacks(context: Context) -> None:
    """Freeze the standard promise where none came in time: nobody waits without one."""
    settings, now = context.settings, clock.now()
    with context.db.transaction() as session:
        overdue = decisions.without_promise(session, now - settings.decide_within, BATCH)
    for ticket_id in overdue:
        with context.db.transaction() as session:
            ticket = tickets.lock(session, ticket_id)
            if ticket.promise is not None:
                continue
            minutes = settings.decide_within // timedelta(minutes=1)
            act = Act(actor=SYSTEM, action="fallback_promised", why=f"no decision in {minutes} minutes", at=now)
            offered = fallback(ticket.opened_at, settings.fallback_target, settings.fallback_calendar)
            freeze_promise(session, settings, ticket, offered, act)

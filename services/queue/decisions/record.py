"""Put a decision of entitlements on record: it becomes the promise of its ticket."""

from sqlalchemy.orm import Session

from services.queue.config import Settings
from services.queue.decisions import store as decisions
from services.queue.decisions.freeze_promise import freeze_promise
from services.queue.gateways.entitlements import Decision
from services.queue.tickets import store as tickets
from services.queue.tickets.promise import Promise
from services.queue.tickets.ticket import Ticket
from shared import clock
from shared.audit import Change


def record_decision(session: Session, settings: Settings, decision: Decision, *, actor: str) -> Ticket:
    """Freeze what was decided, or raise what stands; `actor` is who brought it. Raises TicketNotFound."""
    ticket = tickets.lock(session, decision.ticket_id)
    why = f"decision {decision.decision_id}"
    change = Change(actor=actor, action="promise_decided", why=why, at=clock.now())
    decisions.end_waiting(session, ticket.id)
    return freeze_promise(session, settings, ticket, _promise_of(decision), change)


def _promise_of(decision: Decision) -> Promise:
    return Promise(
        response_class=decision.response_class,
        starts_at=decision.starts_at,
        respond_by=decision.respond_by,
        target_minutes=decision.target_minutes,
        calendar=decision.calendar,
        reasons=decision.reasons,
        decision_id=decision.decision_id,
        sequence=decision.sequence,
        source=decision.source,
    )

"""Put a decision of entitlements on record: it becomes the promise of its ticket."""

from sqlalchemy.orm import Session

from services.queue.config import Settings
from services.queue.decisions.freeze_promise import freeze_promise
from services.queue.gateways.entitlements import Decision
from services.queue.tickets import store as tickets
from services.queue.tickets.audit import Act
from services.queue.tickets.promise import CalendarName, Promise, Reason, ResponseClass
from shared import clock


def record_decision(session: Session, settings: Settings, decision: Decision, *, actor: str) -> None:
    """Freeze what was decided, or raise what stands; `actor` is who brought it. Raises TicketNotFound."""
    ticket = tickets.lock(session, decision.ticket_id)
    why = f"decision {decision.decision_id}"
    act = Act(actor=actor, action="promise_decided", why=why, at=clock.now())
    freeze_promise(session, settings, ticket, _promise_of(decision), act)


def _promise_of(decision: Decision) -> Promise:
    return Promise(
        response_class=ResponseClass(decision.response_class),
        starts_at=decision.starts_at,
        respond_by=decision.respond_by,
        target_minutes=decision.target_minutes,
        calendar=CalendarName(id=decision.calendar.id, name=decision.calendar.name, zone=decision.calendar.zone),
        reasons=tuple(Reason(code=reason.code, text=reason.text) for reason in decision.reasons),
        decision_id=decision.decision_id,
        sequence=decision.sequence,
        grant_id=decision.grant_id,
    )

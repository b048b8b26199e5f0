"""Find out which promise a ticket carries: ask entitlements, and freeze what it says."""

from datetime import timedelta

from services.queue.context import Context
from services.queue.decisions.record import record_decision
from services.queue.decisions.store import WORK, ask_again
from services.queue.gateways.entitlements import Question
from services.queue.tickets import store as tickets
from services.queue.tickets.ticket import Ticket
from shared.audit import SYSTEM
from shared.http import PeerRefused, PeerUnavailable
from shared.telemetry import get_logger
from shared.work.item import Item

log = get_logger()

ASKED_BY_FORM = timedelta(seconds=5)
"""For so long jobs leave a new ticket to the form, which asks at once."""
_SWEEP_DEADLINE_S = 2.0


def decide_at_once(context: Context, ticket: Ticket) -> Ticket:
    """The new ticket, with its promise if entitlements says it at once; else as it is, and a job asks again."""
    try:
        decision = context.entitlements.decide(_question(ticket), context.settings.decision_deadline_s)
    except (PeerUnavailable, PeerRefused) as error:
        log.warning("ticket stands without a decision; a job asks again", ticket_id=ticket.id, why=error.message)
        with context.db.transaction() as session:
            ask_again(session, ticket.id)
        return ticket
    with context.db.transaction() as session:
        return record_decision(session, context.settings, decision, actor=SYSTEM)


def decide_ticket(context: Context, item: Item) -> None:
    """Ask again for a ticket without a decision. Safe to repeat: the decision of a ticket is always the same one.

    Canceled tickets, too: entitlements must have heard of a ticket before it can take the news of its end.
    Raises PeerUnavailable or PeerRefused.
    """
    with context.db.transaction() as session:
        ticket = tickets.find(session, item.key)
    decision = context.entitlements.decide(_question(ticket), _SWEEP_DEADLINE_S)
    with context.db.transaction() as session:
        record_decision(session, context.settings, decision, actor=SYSTEM)
        WORK.done(session, item)


def _question(ticket: Ticket) -> Question:
    return Question(
        ticket_id=ticket.id,
        requester_email=ticket.contact_email,
        requester_verified=ticket.requester_verified,
        opened_at=ticket.opened_at,
    )

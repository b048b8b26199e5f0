"""Find out which promise a ticket carries: ask entitlements, and freeze what it says."""

from datetime import timedelta

from services.queue.context import Context
from services.queue.decisions.record import record_decision
from services.queue.decisions.store import WORK
from services.queue.gateways.entitlements import Question
from services.queue.tickets import store as tickets
from services.queue.tickets.ticket import Ticket
from shared.audit import SYSTEM
from shared.work.item import Item

ASKED_BY_FORM = timedelta(seconds=5)
"""For so long the sweep leaves a new ticket to the form, which asks at once."""
_SWEEP_DEADLINE_S = 2.0


def decide_at_once(context: Context, ticket: Ticket) -> Ticket:
    """The new ticket with its promise. Raises PeerUnavailable or PeerRefused: it stands, and the sweep asks again."""
    decision = context.entitlements.decide(_question(ticket), context.settings.decision_deadline_s)
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

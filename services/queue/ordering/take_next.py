"""Give an agent the next ticket: the server picks, one ticket to one agent."""

from weakref import WeakKeyDictionary

from sqlalchemy.exc import IntegrityError

from services.queue.agents.agent import Agent
from services.queue.classes.response_class import TakenBy
from services.queue.context import Context
from services.queue.ordering import store as queue_order
from services.queue.ordering.ordering import lanes
from services.queue.ordering.watermark import Place, Watermark
from services.queue.tickets import store as tickets
from services.queue.tickets.form_key import form_key
from services.queue.tickets.ticket import Ticket
from shared import clock
from shared.audit import Change, agent_actor
from shared.db import Database

_watermarks: WeakKeyDictionary[Database, Watermark] = WeakKeyDictionary()
"""Of each database that this process works on: in production one."""


def take_next(context: Context, agent: Agent, form_token: str) -> Ticket | None:
    """The next ticket of the agent's tier, leased to them; None when nothing waits for them.

    A double click (the same form token) gives the one ticket that the first click took.
    """
    now, pressed = clock.now(), form_key(form_token, agent.id)
    change = Change(actor=agent_actor(agent.id), action="taken", why="take next", at=now, form_key=pressed)
    try:
        return _claim(context, agent, change)
    except IntegrityError:  # the key stands in the audit trail already; this claim was rolled back
        with context.db.transaction() as session:
            return tickets.find(session, queue_order.ticket_of_press(session, pressed))


def _claim(context: Context, agent: Agent, change: Change, *, from_head: bool = False) -> Ticket | None:
    """Claim behind the remembered places; where nothing is left there, from the head of each lane."""
    watermark = _watermarks.setdefault(context.db, Watermark())
    start = watermark.start(lanes(agent.tier), change.at, from_head=from_head)
    expires_at = change.at + context.settings.lease
    if start.renews:
        with context.db.single() as session:
            queue_order.give_back_ended(session, change.at)
    with context.db.single() as session:
        ticket = queue_order.claim(session, agent.tier, agent.id, expires_at, change, start.places)
    watermark.note(start, _place_of(ticket), clock.now())
    if ticket is None and len(start.renews) < len(start.places):
        return _claim(context, agent, change, from_head=True)
    return ticket


def _place_of(ticket: Ticket | None) -> tuple[TakenBy, Place] | None:
    if ticket is None or ticket.promise is None:  # who has no promise yet is not handed out
        return None
    of_class = ticket.promise.response_class
    place = Place(minus_rank=-of_class.rank, respond_by=ticket.promise.respond_by, ticket_id=ticket.id)
    return of_class.taken_by, place

"""Give an agent the next ticket: the server picks, one ticket to one agent."""

from sqlalchemy.exc import IntegrityError

from services.queue.agents.agent import Agent
from services.queue.context import Context
from services.queue.ordering import store as queue_order
from services.queue.tickets import store as tickets
from services.queue.tickets.form_key import form_key
from services.queue.tickets.ticket import Ticket
from shared import clock
from shared.audit import Change, agent_actor


def take_next(context: Context, agent: Agent, form_token: str) -> Ticket | None:
    """The next ticket of the agent's tier, leased to them; None when nothing waits for them.

    A double click (the same form token) gives the one ticket that the first click took.
    """
    now, pressed = clock.now(), form_key(form_token, agent.id)
    change = Change(actor=agent_actor(agent.id), action="taken", why="take next", at=now, form_key=pressed)
    try:
        with context.db.transaction() as session:
            return queue_order.claim(session, agent.tier, agent.id, now + context.settings.lease, change)
    except IntegrityError:  # the key stands in the audit trail already; this claim was rolled back
        with context.db.transaction() as session:
            return tickets.find(session, queue_order.ticket_of_press(session, pressed))

"""Keep what an agent is writing."""

from collections.abc import Mapping

from services.queue.agents.agent import Agent
from services.queue.context import Context
from services.queue.drafts import store as drafts
from services.queue.drafts.draft import FIELDS
from services.queue.tickets import store as tickets
from shared import clock


def keep_draft(context: Context, agent: Agent, ticket_id: str, words: Mapping[str, str], form_token: str) -> None:
    """Keep the fields that are given, with or without a lease: nobody else reads them. Raises TicketNotFound."""
    kept = {name: text.replace("\r\n", "\n").replace("\0", "") for name, text in words.items() if name in FIELDS}
    if not kept:
        return
    with context.db.transaction() as session:
        ticket = tickets.find(session, ticket_id)
        drafts.keep(session, agent.id, ticket.id, kept, form_token, clock.now())

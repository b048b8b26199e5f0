"""An agent leaves a note for colleagues."""

from services.queue.agents.agent import Agent
from services.queue.context import Context
from services.queue.conversation import store as messages
from services.queue.conversation.message import MessageKind
from services.queue.drafts import store as drafts
from services.queue.drafts.draft import NOTE
from services.queue.tickets import store as tickets
from services.queue.tickets.errors import TextMissing
from services.queue.tickets.form_key import form_key
from services.queue.tickets.text import plain_text
from shared import clock
from shared.language import N_


def note_ticket(context: Context, agent: Agent, ticket_id: str, text: str, form_token: str) -> None:
    """Leave a note that only those who work here read. Needs no lease: it takes nothing from whoever has the ticket."""
    text = plain_text(text)
    if not text:
        raise TextMissing(N_("Write the note first."), field="note")
    now = clock.now()
    with context.db.transaction() as session:
        ticket = tickets.find(session, ticket_id)
        messages.add(
            session,
            ticket,
            MessageKind.NOTE,
            text,
            now,
            author=agent.name,
            agent_id=agent.id,
            form_key=form_key(form_token, "note", ticket_id, text),
        )
        drafts.close(session, agent.id, ticket.id, NOTE, form_token, now)

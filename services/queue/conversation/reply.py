"""The customer writes on the page of the ticket: it is our turn again, also when it had been called solved."""

from sqlalchemy.orm import Session

from services.queue.context import Context
from services.queue.conversation import store as messages
from services.queue.conversation.message import MessageKind
from services.queue.tickets import store as tickets
from services.queue.tickets.audit import CUSTOMER, Act
from services.queue.tickets.errors import TextMissing, TicketMovedOn
from services.queue.tickets.form_key import form_key
from services.queue.tickets.text import plain_text
from services.queue.tickets.ticket import Ticket, after_customer_message, may_be_handed_out
from shared import clock

_CANCELED = "You had canceled this ticket, so nobody works on it. Ask again with your text: it is still here."


def reply_to_ticket(context: Context, ticket_id: str, text: str, form_token: str, actor: str = CUSTOMER) -> str:
    """Store the message and give the ticket back to the agent who has it; returns the message's id.

    Sent twice, it is one message. Raises TextMissing, TicketMovedOn.
    """
    text = plain_text(text)
    if not text:
        raise TextMissing("Write your answer first.")
    with context.db.transaction() as session:
        return _write(session, tickets.lock(session, ticket_id), text, form_token, actor)


def reopen_ticket(context: Context, ticket_id: str, text: str, form_token: str) -> None:
    """Not solved: the ticket comes back at no charge, with what the customer says about it, if anything."""
    with context.db.transaction() as session:
        ticket = tickets.lock(session, ticket_id)
        _write(session, ticket, plain_text(text) or "It is not solved yet.", form_token, CUSTOMER)


def _write(session: Session, ticket: Ticket, text: str, form_token: str, actor: str) -> str:
    now, sent = clock.now(), form_key(form_token, ticket.id, text)
    turn = after_customer_message(ticket.state)
    if turn is None:
        raise TicketMovedOn(ticket.id, ticket.state, _CANCELED)
    author = ticket.contact_name or ticket.contact_email
    message_id = messages.add(session, ticket, MessageKind.CUSTOMER, text, now, author=author, form_key=sent)
    if message_id is None:
        return messages.id_of_form(session, sent)
    if turn.state is ticket.state:
        return message_id
    why = "not solved" if turn.reopens else "the customer wrote"
    act = Act(actor=actor, action="reopened" if turn.reopens else "customer_wrote", why=why, at=now)
    # The agent who has it goes on with it; without one it waits for Take next.
    queued = ticket.owner_id is None and may_be_handed_out(turn.state, ticket.payment, ticket.promise)
    ticket = tickets.change(session, ticket, act, state=turn.state.value, queued=queued, ended_at=None)
    if turn.reopens:
        messages.add_line(session, ticket, "Not solved: we go on, at no charge.", now)
    return message_id

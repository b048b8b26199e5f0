"""The customer writes on the page of the ticket: it is our turn again, also when it had been called solved."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from services.queue.context import Context
from services.queue.conversation import store as messages
from services.queue.conversation.message import MessageKind, Words
from services.queue.tickets import store as tickets
from services.queue.tickets.errors import TextMissing, TicketMovedOn
from services.queue.tickets.form_key import form_key
from services.queue.tickets.text import plain_text
from services.queue.tickets.ticket import State, Ticket, after_customer_message, may_be_handed_out
from shared import clock
from shared.audit import CUSTOMER, Change
from shared.language import N_
from shared.sentences import Sentence

_CANCELED = N_("You canceled this ticket, so nobody is working on it. Your text is still here: ask again with it.")


@dataclass(frozen=True, kw_only=True)
class Reply:
    """What became of the customer's words: the message that holds them, and where the ticket stands with it."""

    message_id: str
    state: State


def reply_to_ticket(context: Context, ticket_id: str, text: str, form_token: str, actor: str = CUSTOMER) -> Reply:
    """Store the message and give the ticket back to the agent who has it.

    Sent twice, it is one message. Raises TextMissing, TicketMovedOn.
    """
    text = plain_text(text)
    if not text:
        raise TextMissing(N_("Write your message first."))
    with context.db.transaction() as session:
        ticket = tickets.lock(session, ticket_id)
        return _write(session, ticket, text, form_key(form_token, ticket_id, text), actor)


def reopen_ticket(context: Context, ticket_id: str, text: str, form_token: str) -> None:
    """Not solved: the ticket comes back at no charge, with what the customer says about it, if anything."""
    text = plain_text(text)
    sent = form_key(form_token, ticket_id, text)
    with context.db.transaction() as session:
        _write(session, tickets.lock(session, ticket_id), text or Sentence.of("not_solved"), sent, CUSTOMER)


def _write(session: Session, ticket: Ticket, words: Words, sent: str, actor: str) -> Reply:
    now = clock.now()
    turn = after_customer_message(ticket.state)
    if turn is None:
        raise TicketMovedOn(ticket.id, ticket.state, _CANCELED)
    author = ticket.contact_name or ticket.contact_email
    message_id = messages.add(session, ticket, MessageKind.CUSTOMER, words, now, author=author, form_key=sent)
    if message_id is None:
        return Reply(message_id=messages.id_of_form(session, sent), state=ticket.state)
    if turn.state is not ticket.state:
        _give_back(session, ticket, turn.state, actor, reopens=turn.reopens)
    return Reply(message_id=message_id, state=turn.state)


def _give_back(session: Session, ticket: Ticket, state: State, actor: str, *, reopens: bool) -> None:
    """It is our turn: the agent who has it goes on with it; without one it waits for Take next."""
    why = "not solved" if reopens else "the customer wrote"
    change = Change(actor=actor, action="reopened" if reopens else "customer_wrote", why=why, at=clock.now())
    queued = ticket.owner_id is None and may_be_handed_out(state, ticket.payment, ticket.promise)
    ticket = tickets.alter(session, ticket, change, state=state.value, queued=queued, ended_at=None)
    if reopens:
        messages.add_line(session, ticket, Sentence.of("reopened"), change.at)

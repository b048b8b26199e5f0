"""An agent writes to the customer (answer, question, solution) or leaves a note for colleagues."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from services.queue.domain import letters
from services.queue.domain.agents import Agent
from services.queue.domain.forms import form_key
from services.queue.domain.text import plain_text
from services.queue.domain.tickets import AFTER_AGENT, Lease, State, Step, Ticket, may_be_answered
from services.queue.errors import TextMissing, TicketMovedOn
from services.queue.ports import Context
from services.queue.store import messages, tickets
from services.queue.store.audit import Act, agent_actor
from services.queue.store.messages import MessageKind
from services.queue.use_cases.mail_customer import mail_customer, ticket_url
from shared import clock


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What the agent wrote. `restated`: the problem as we understand it, read by the customer too."""

    step: Step
    text: str
    restated: str
    lease: Lease
    form_token: str


def answer_ticket(context: Context, agent: Agent, ticket_id: str, answer: Answer) -> None:
    """Store the message, its mail and the new state in one step; the first response counts when the mail has left.

    The same form sent twice writes once. Raises LeaseLost, TextMissing, TicketMovedOn; nothing is written then.
    """
    now = clock.now()
    text, restated = plain_text(answer.text), plain_text(answer.restated) or None
    sent = form_key(answer.form_token, "answer", ticket_id, answer.step, text, restated or "")
    with context.db.transaction() as session:
        tickets.lock(session, ticket_id)  # the second of two clicks waits here, and then sees the first
        if messages.form_was_sent(session, sent):
            return
        ticket = tickets.lock_leased(session, ticket_id, answer.lease, now)
        _check(session, ticket, answer.step, text)
        state = AFTER_AGENT[answer.step]
        act = Act(actor=agent_actor(agent.id), action=f"agent_{answer.step}", why="wrote to the customer", at=now)
        ticket = tickets.change(
            session,
            ticket,
            act,
            state=state.value,
            restated=restated or ticket.restated,
            resolved_at=now if state is State.RESOLVED else ticket.resolved_at,
            queued=False,
            lease_expires_at=None,
        )
        told = _store(session, ticket, agent, answer.step, text, act, sent)
        url = ticket_url(ticket, context.settings)
        letter = letters.answer(ticket.number, answer.step, agent.name, text, restated, url)
        mail_customer(
            session,
            context.settings,
            ticket,
            letter,
            kind=answer.step.value,
            once_key=told,
            now=now,
            answers=bool(text),
        )


def _check(session: Session, ticket: Ticket, step: Step, text: str) -> None:
    if not may_be_answered(ticket.state):
        raise TicketMovedOn(ticket.id, ticket.state, "The ticket has ended; nothing was sent.")
    if text:
        return
    if step is not Step.RESOLVE:
        raise TextMissing("Write what the customer should read.")
    if not messages.was_answered(session, ticket.id):
        raise TextMissing("Write the solution: the customer has had no answer yet.")


def _store(session: Session, ticket: Ticket, agent: Agent, step: Step, text: str, act: Act, sent: str) -> str:
    """Put it into the conversation; returns the key under which its mail tells it once."""
    if not text:
        messages.add_line(session, ticket, f"{agent.name} believes that it is solved.", act.at, form_key=sent)
        return f"resolved:{ticket.id}:{act.at.isoformat()}"
    message_id = messages.add(
        session,
        ticket,
        MessageKind.AGENT,
        text,
        act.at,
        author=agent.name,
        agent_id=agent.id,
        step=step,
        form_key=sent,
    )
    return f"message:{message_id}"


def note_ticket(context: Context, agent: Agent, ticket_id: str, text: str, form_token: str) -> None:
    """Leave a note that only those who work here read. Needs no lease: it takes nothing from whoever has the ticket."""
    text = plain_text(text)
    if not text:
        raise TextMissing("Write the note first.", field="note")
    with context.db.transaction() as session:
        ticket = tickets.find(session, ticket_id)
        messages.add(
            session,
            ticket,
            MessageKind.NOTE,
            text,
            clock.now(),
            author=agent.name,
            agent_id=agent.id,
            form_key=form_key(form_token, "note", ticket_id, text),
        )

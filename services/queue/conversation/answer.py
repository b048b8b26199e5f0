"""An agent writes to the customer: an answer, a question, or the solution."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from services.queue.agents.agent import Agent
from services.queue.context import Context
from services.queue.conversation import store as messages
from services.queue.conversation.message import MessageKind
from services.queue.mail_out import letters
from services.queue.mail_out.mail_customer import mail_customer
from services.queue.tickets import store as tickets
from services.queue.tickets.address import ticket_url
from services.queue.tickets.audit import Act, agent_actor
from services.queue.tickets.errors import TextMissing, TicketMovedOn
from services.queue.tickets.form_key import form_key
from services.queue.tickets.text import plain_text
from services.queue.tickets.ticket import AFTER_AGENT, Lease, State, Step, Ticket, may_be_answered
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

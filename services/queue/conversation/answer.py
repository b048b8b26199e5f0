"""An agent writes to the customer: an answer, a question, or the solution."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from services.queue.agents.agent import Agent
from services.queue.context import Context
from services.queue.conversation import store as messages
from services.queue.conversation.message import MessageKind
from services.queue.drafts import store as drafts
from services.queue.drafts.draft import ANSWER
from services.queue.mail_out.letter import MailKind
from services.queue.mail_out.mail_customer import mail_customer
from services.queue.tickets import store as tickets
from services.queue.tickets.errors import LeaseLost, TextMissing, TicketMovedOn
from services.queue.tickets.form_key import form_key
from services.queue.tickets.text import plain_text
from services.queue.tickets.ticket import AFTER_AGENT, Lease, State, Step, Ticket, may_be_answered
from shared import clock
from shared.audit import Change, agent_actor
from shared.language import N_
from shared.sentences import Sentence


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
    change = Change(actor=agent_actor(agent.id), action=f"agent_{answer.step}", why="wrote to the customer", at=now)
    with context.db.transaction() as session:
        ticket = tickets.lock(session, ticket_id)  # the second of two clicks waits here, and then sees the first
        if messages.form_was_sent(session, sent):
            return
        _check(session, ticket, answer, text, now)
        state = AFTER_AGENT[answer.step]
        ticket = tickets.alter(
            session,
            ticket,
            change,
            state=state.value,
            restated=restated or ticket.restated,
            resolved_at=now if state is State.RESOLVED else ticket.resolved_at,
            queued=False,
            lease_expires_at=None,
        )
        message_id = _store(session, ticket, agent, answer.step, text, now, sent)
        drafts.close(session, agent.id, ticket.id, ANSWER, answer.form_token, now)
        mail_customer(
            session,
            context.settings,
            ticket,
            MailKind(answer.step.value),
            {"message_id": message_id, "agent": agent.name, "restated": restated},
            once_key=f"message:{message_id}" if message_id else f"resolved:{ticket.id}:{now.isoformat()}",
            now=now,
            answers=bool(text),
        )


def _check(session: Session, ticket: Ticket, answer: Answer, text: str, now: datetime) -> None:
    if not ticket.runs(answer.lease, now):
        raise LeaseLost(ticket.id)
    if not may_be_answered(ticket.state):
        raise TicketMovedOn(ticket.id, ticket.state, N_("The ticket has ended; nothing was sent."))
    if text:
        return
    if answer.step is not Step.RESOLVE:
        raise TextMissing(N_("Write what the customer should read."))
    if not messages.was_answered(session, ticket.id):
        raise TextMissing(N_("Write the solution: the customer has had no answer yet."))


def _store(
    session: Session, ticket: Ticket, agent: Agent, step: Step, text: str, now: datetime, sent: str
) -> str | None:
    """Put it into the conversation; returns the id of the message, None for a solution without words."""
    if not text:
        line = Sentence.of("believed_solved", agent=agent.name)
        messages.add_line(session, ticket, line, now, form_key=sent)
        return None
    return messages.add(
        session,
        ticket,
        MessageKind.AGENT,
        text,
        now,
        author=agent.name,
        agent_id=agent.id,
        step=step,
        form_key=sent,
    )

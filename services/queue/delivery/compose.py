"""Put a stored mail into words: the customer's language, the facts as they were, and the link as it is now.

Each repetition reads the same. Only the link follows its version: a mail with a void link would help nobody.
"""

from datetime import timedelta
from typing import assert_never

from sqlalchemy.orm import Session

from services.queue.config import Settings
from services.queue.conversation import store as messages
from services.queue.gateways.mail import Mail
from services.queue.mail_out import letters
from services.queue.mail_out import store as mails
from services.queue.mail_out.draw import draw_html, draw_text
from services.queue.mail_out.letter import Block, Letter, MailKind
from services.queue.mail_out.store import StoredMail
from services.queue.tickets import promise
from services.queue.tickets import store as tickets
from services.queue.tickets.address import mailed_url
from services.queue.tickets.promise import Promise
from services.queue.tickets.ticket import Step
from shared.reader import reading_in


def compose(session: Session, settings: Settings, stored: StoredMail) -> Mail:
    """The mail as it is sent, in the thread of the ticket's earlier mails."""
    ticket = tickets.find(session, stored.ticket_id)
    with reading_in(ticket.language, ticket.zone) as customer:
        letter = Letter(
            subject=letters.subject(ticket.subject, str(ticket.number)),
            blocks=_blocks(session, stored, mailed_url(ticket, settings)),
        )
        return Mail(
            message_id=stored.message_id,
            to_address=stored.to_address,
            subject=letter.subject,
            text=draw_text(letter),
            html=draw_html(letter, customer.language),
            references=mails.thread_of(session, stored),
        )


def _blocks(session: Session, stored: StoredMail, url: str) -> tuple[Block, ...]:
    facts, now = stored.parameters, stored.created_at
    told = promise.from_json(facts["promise"]) if facts.get("promise") else None
    match stored.kind:
        case MailKind.ACKNOWLEDGEMENT:
            minutes = facts.get("pay_within_minutes")
            return letters.acknowledgement(told, timedelta(minutes=minutes) if minutes else None, now, url)
        case MailKind.PROMISED:
            return letters.promised(_known(told), now, url)
        case MailKind.PAID:
            return letters.paid(_known(told), now, url)
        case MailKind.KEPT:
            return letters.kept(facts["num"], url)
        case MailKind.PROMISE_RAISED:
            return letters.promise_raised(_known(told), now, url)
        case MailKind.ANSWER | MailKind.ASK_BACK | MailKind.RESOLVE:
            message_id = facts["message_id"]
            text = messages.text_of(session, message_id) if message_id else None
            return letters.answer(Step(stored.kind.value), facts["agent"], text, facts["restated"], url)
        case other:
            assert_never(other)


def _known(told: Promise | None) -> Promise:
    if told is None:
        raise ValueError("A mail that tells a promise was stored without one")
    return told

"""Tell who has paid too late for this ticket: the incidents are kept for the next one, or the money goes back."""

from sqlalchemy.orm import Session

from services.queue.config import Settings
from services.queue.conversation import store as messages
from services.queue.mail_out.letter import MailKind
from services.queue.mail_out.mail_customer import mail_customer
from services.queue.payments.store import WORK
from services.queue.tickets import store as tickets
from services.queue.tickets.ticket import Payment
from shared import clock
from shared.audit import Change
from shared.sentences import Sentence


def tell_kept(session: Session, settings: Settings, ticket_id: str, *, order_id: str, num: int) -> None:
    """Say it in the conversation and by mail, once for each order. Raises TicketNotFound.

    Nothing is promised anew, and nothing is used. Whoever wants the money back writes it there, and a person reads it.
    """
    ticket = tickets.lock(session, ticket_id)
    change = Change(actor="service:entitlements", action="incidents_kept", why=f"order {order_id}", at=clock.now())
    if ticket.payment is Payment.PENDING:
        ticket = tickets.alter(session, ticket, change, payment=Payment.NOT_COMPLETED.value)
        WORK.forget(session, ticket_id)
    told = mail_customer(
        session, settings, ticket, MailKind.KEPT, {"num": num}, once_key=f"kept:{order_id}", now=change.at
    )
    if told:
        messages.add_line(session, ticket, Sentence.of("incidents_kept", num=num), change.at)

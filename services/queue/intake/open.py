"""Open a ticket: accept the customer's words first, then find out what was promised and whether a payment is wanted."""

from dataclasses import dataclass
from typing import Any

from services.queue.context import Context
from services.queue.conversation import store as messages
from services.queue.conversation.message import MessageKind
from services.queue.decisions import store as decisions
from services.queue.decisions.decide import ASKED_BY_FORM, decide_at_once
from services.queue.decisions.tell_promise import acknowledge
from services.queue.payments import store as payments
from services.queue.tickets import store as tickets
from services.queue.tickets.errors import TextMissing
from services.queue.tickets.form_key import form_key
from services.queue.tickets.text import one_line, plain_text
from services.queue.tickets.ticket import Choice, Payment, Ticket
from shared import clock
from shared.audit import Change
from shared.email_address import contact_key, normal_address
from shared.ids import new_id
from shared.language import N_
from shared.reader import DEFAULT_ZONE, known_zone


@dataclass(frozen=True, kw_only=True)
class TicketRequest:
    """What the customer said. `form_token` makes a form that is sent twice one ticket.

    `address_proven`: the form was opened by a link that was sent to the address. `language`: in which we write to them.
    `product` and `currency` go with the choice to buy, checked by the caller against what is on offer.
    """

    subject: str
    text: str
    tried: str
    email: str
    name: str | None
    language: str
    zone: str | None
    choice: Choice
    address_proven: bool
    actor: str
    form_token: str | None = None
    product: str | None = None
    currency: str | None = None


def open_ticket(context: Context, wanted: TicketRequest) -> Ticket:
    """Store the ticket and its first message, then ask for its promise. What fails behind the form loses nothing.

    Sent twice, the form gives the same ticket. Raises AddressInvalid, TextMissing.
    """
    ticket, created = _accept(context, wanted)
    return decide_at_once(context, ticket) if created else ticket


def _accept(context: Context, wanted: TicketRequest) -> tuple[Ticket, bool]:
    change = Change(actor=wanted.actor, action="opened", why=f"asked for {wanted.choice}", at=clock.now())
    text, values = plain_text(wanted.text), _values(wanted)
    if not values["subject"]:
        raise TextMissing(N_("Give it a short title."), field="subject")
    if not text:
        raise TextMissing(N_("Tell us what happened."))
    settings = context.settings
    with context.db.transaction() as session:
        ticket = tickets.insert_once(session, change, values)
        if ticket is None:
            return tickets.find_by_form(session, values["form_key"]), False
        author = ticket.contact_name or ticket.contact_email
        messages.add(session, ticket, MessageKind.CUSTOMER, text, change.at, author=author)
        decisions.expect_decision(session, ticket, asked_in=ASKED_BY_FORM, promised_in=settings.decide_within)
        if ticket.payment is Payment.PENDING:
            payments.wait_for_payment(session, ticket, settings.payment_wait)
        acknowledge(session, settings, ticket, change, decided_in=ASKED_BY_FORM)
        return ticket, True


def _values(wanted: TicketRequest) -> dict[str, Any]:
    """The columns of the new ticket."""
    email, subject, text = normal_address(wanted.email), one_line(wanted.subject), plain_text(wanted.text)
    tried = plain_text(wanted.tried)
    buys = wanted.choice is Choice.BUY
    return {
        "id": new_id("tkt"),
        # Not the choice: who comes back from the payment page and chooses otherwise gets the ticket that stands.
        "form_key": form_key(wanted.form_token, wanted.actor, email, subject, text, tried)
        if wanted.form_token
        else None,
        "subject": subject,
        "tried": tried or None,
        "contact_email": email,
        "contact_key": contact_key(email),
        "contact_name": one_line(wanted.name) or None,
        "language": wanted.language,
        "zone": known_zone(wanted.zone) or DEFAULT_ZONE,
        # Credits are used only by somebody who proved the address and who chose to use one.
        "requester_verified": wanted.address_proven and wanted.choice is Choice.CREDIT,
        "payment": (Payment.PENDING if buys else Payment.NONE).value,
        "product": wanted.product if buys else None,
        "currency": wanted.currency if buys else None,
    }

"""Open a ticket: accept the customer's words first, then find out what was promised and whether a payment is wanted."""

from dataclasses import dataclass

from email_validator import EmailNotValidError, validate_email

from services.queue.context import Context
from services.queue.conversation import store as messages
from services.queue.conversation.message import MessageKind
from services.queue.decisions.decide import decide_ticket
from services.queue.intake.errors import AddressInvalid
from services.queue.mail_out.wording import known_zone
from services.queue.tickets import store as tickets
from services.queue.tickets.audit import Act
from services.queue.tickets.errors import TextMissing
from services.queue.tickets.form_key import form_key
from services.queue.tickets.text import one_line, plain_text
from services.queue.tickets.ticket import Payment, Ticket, Wish
from shared import clock
from shared.http import PeerRefused, PeerUnavailable
from shared.ids import new_id
from shared.telemetry import get_logger

log = get_logger()


@dataclass(frozen=True, kw_only=True)
class Opening:
    """What the customer said. `form_token` makes a form that is sent twice one ticket.

    `address_proven`: the form was opened by a link that was sent to the address. `product` and `currency` go with the
    wish to buy, checked by the caller against what is on offer.
    """

    subject: str
    text: str
    tried: str
    email: str
    name: str | None
    zone: str | None
    wish: Wish
    address_proven: bool
    actor: str
    form_token: str | None = None
    product: str | None = None
    currency: str | None = None


def normal_address(email: str) -> str:
    """The address as it is written to. Raises AddressInvalid with what is wrong. Asks no DNS, which may be slow."""
    try:
        checked = validate_email(
            email.strip(),
            allow_smtputf8=False,  # most mail servers cannot take letters beyond ASCII before the @
            check_deliverability=False,
            test_environment=True,
        )
    except EmailNotValidError as error:
        raise AddressInvalid(str(error)) from error
    return f"{checked.local_part}@{checked.ascii_domain}"


def open_ticket(context: Context, opening: Opening) -> Ticket:
    """Store the ticket and its first message, then ask for its promise. What fails behind the form loses nothing.

    Sent twice, the form gives the same ticket. Raises AddressInvalid, TextMissing.
    """
    ticket, created = _accept(context, opening)
    if created:
        try:
            decide_ticket(context, ticket.id, context.settings.decision_deadline_s)
        except (PeerUnavailable, PeerRefused) as error:
            log.warning(
                "ticket stands without a decision; the sweep asks again", ticket_id=ticket.id, why=error.message
            )
    with context.db.transaction() as session:
        return tickets.find(session, ticket.id)


def _accept(context: Context, opening: Opening) -> tuple[Ticket, bool]:
    email, subject, text = normal_address(opening.email), one_line(opening.subject), plain_text(opening.text)
    tried = plain_text(opening.tried)
    if not subject:
        raise TextMissing("Say in a few words what it is about.", field="subject")
    if not text:
        raise TextMissing("Tell us what happened.")
    now = clock.now()
    buys = opening.wish is Wish.BUY
    act = Act(actor=opening.actor, action="opened", why=f"asked for {opening.wish}", at=now)
    values = {
        "id": new_id("tkt"),
        # Not the wish: who comes back from the payment page and chooses otherwise gets the ticket that stands.
        "form_key": form_key(opening.form_token, opening.actor, email, subject, text, tried)
        if opening.form_token
        else None,
        "subject": subject,
        "tried": tried or None,
        "contact_email": email,
        "contact_key": email.lower(),
        "contact_name": one_line(opening.name) or None,
        "zone": known_zone(opening.zone),
        # Credits are used only by somebody who proved the address and who chose to use one.
        "requester_verified": opening.address_proven and opening.wish is Wish.CREDIT,
        "payment": (Payment.PENDING if buys else Payment.NONE).value,
        "payment_wait_until": now + context.settings.payment_wait if buys else None,
        "product": opening.product if buys else None,
        "currency": opening.currency if buys else None,
    }
    with context.db.transaction() as session:
        ticket = tickets.insert_once(session, act, values)
        if ticket is not None:
            author = ticket.contact_name or ticket.contact_email
            messages.add(session, ticket, MessageKind.CUSTOMER, text, now, author=author)
            return ticket, True
        return tickets.find_by_form(session, str(values["form_key"])), False

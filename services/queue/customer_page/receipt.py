"""What was bought for a ticket, as its page shows it: product, price, order number, and what is kept for later."""

from dataclasses import dataclass
from datetime import datetime

from services.queue.context import Context
from services.queue.tickets.ticket import Payment, Ticket
from shared.formats import money
from shared.http import PeerRefused, PeerUnavailable
from shared.language import gettext as _
from shared.language import ngettext


@dataclass(frozen=True, kw_only=True)
class Receipt:
    """The purchase in the reader's words; `later` is empty where nothing of it is left."""

    bought: str
    price: str
    order_id: str
    paid_at: datetime | None
    later: str


def receipt_of(context: Context, ticket: Ticket) -> Receipt | None:
    """None where nothing was paid for this ticket, or billing does not say at once what: no page waits for it."""
    if ticket.payment is not Payment.PAID or ticket.order_id is None:
        return None
    try:
        purchase = context.billing.purchase(ticket.order_id)
    except (PeerUnavailable, PeerRefused):
        return None
    later = purchase.credits - 1
    return Receipt(
        bought=ngettext("One incident", "%(num)s incidents", purchase.credits),
        price=money(purchase.amount_minor, purchase.currency),
        order_id=purchase.order_id,
        paid_at=purchase.paid_at,
        later=ngettext(
            "One more incident waits for you. The link in any mail from us lets you use it.",
            "%(num)s more incidents wait for you. The link in any mail from us lets you use them.",
            later,
        )
        if later > 0
        else "",
    )


def receipt_page(context: Context, ticket: Ticket) -> str | None:
    """Where Stripe shows the receipt; None while it does not say."""
    if ticket.payment is not Payment.PAID or ticket.order_id is None:
        return None
    try:
        return context.billing.receipt_url(ticket.order_id)
    except (PeerUnavailable, PeerRefused):
        return None


def no_receipt() -> str:
    """What is said where there is none to show."""
    return _("Stripe does not show the receipt just now. Try again in a moment.")

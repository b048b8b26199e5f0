"""How soon a customer may have the answer: what is on offer, what they have left, and what comes free."""

from dataclasses import dataclass

from services.queue.classes.response_class import ClassTarget, class_named, lowest
from services.queue.context import Context
from services.queue.gateways.billing import Offer
from services.queue.gateways.entitlements import Balance
from services.queue.tickets.ticket import Choice
from shared.http import PeerUnavailable

_DEFAULT_CURRENCY = "usd"


@dataclass(frozen=True, kw_only=True)
class Choices:
    """What the customer may choose: the offer to buy (None: billing does not answer), and what is left, if known.

    `bought` and `free` are the classes of the policy that a purchase and nothing give; None where they are not known.
    """

    offer: Offer | None
    currency: str
    balance: Balance | None
    valid_products: tuple[str, ...]
    bought: ClassTarget | None
    free: ClassTarget | None

    def all(self) -> tuple[Choice, ...]:
        """The choices that there are, the first one chosen unless the customer chooses otherwise."""
        credit = (Choice.CREDIT,) if self.balance is not None and self.balance.available > 0 else ()
        buy = (Choice.BUY,) if self.offer is not None else ()
        return (*credit, *buy, Choice.STANDARD)


def choices(context: Context, product: str, currency: str, email: str | None) -> Choices:
    """What is on offer for this product and currency (or the smallest offer where there is no such).

    `email` is an address that was proven by a link: only then does its balance count.
    """
    try:
        offers = _one_ticket(context.billing.offers())
    except PeerUnavailable:
        offers = ()
    offer = next((offer for offer in offers if offer.product == product), None)
    offer = offer or min(offers, key=lambda offer: offer.credits, default=None)
    if offer is not None and currency not in offer.prices:
        currency = _DEFAULT_CURRENCY if _DEFAULT_CURRENCY in offer.prices else next(iter(offer.prices))
    classes = context.entitlements.classes()
    return Choices(
        offer=offer,
        currency=currency,
        balance=None if email is None else context.entitlements.balance(email),
        valid_products=tuple(offer.product for offer in offers),
        bought=class_named(classes, offer.response_class if offer else None),
        free=lowest(classes),
    )


def _one_ticket(offers: tuple[Offer, ...]) -> tuple[Offer, ...]:
    """The offers that answer one problem now: those that give credits (a subscription is bought elsewhere)."""
    return tuple(offer for offer in offers if offer.credits > 0)

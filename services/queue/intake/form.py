"""The form that opens a ticket: what was written, what is wrong with it, and the choices of how soon."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Self

from services.queue.config import Settings
from services.queue.context import Context
from services.queue.gateways.billing import Offer
from services.queue.gateways.entitlements import Balance
from services.queue.intake.errors import AddressInvalid, OfferUnknown
from services.queue.intake.open import normal_address
from services.queue.tickets.text import LONGEST_NAME, LONGEST_SUBJECT, LONGEST_TEXT
from services.queue.tickets.ticket import Wish
from shared import clock
from shared.http import PeerUnavailable
from shared.ids import new_token
from shared.web.formats import money, plural
from shared.worktime import add_working

_DEFAULT_CURRENCY = "usd"
_LONGEST_OFFER_WORD = 40


@dataclass(frozen=True, kw_only=True)
class Written:
    """What stands in the form; kept on error."""

    subject: str = ""
    text: str = ""
    tried: str = ""
    email: str = ""
    name: str = ""
    zone: str = ""
    wish: str = ""
    product: str = ""
    currency: str = ""
    form_token: str = ""

    @classmethod
    def read(cls, form: Mapping[str, str]) -> Self:
        """As it was sent."""
        names = cls.__dataclass_fields__
        return cls(**{name: form.get(name, "") for name in names})


@dataclass(frozen=True, kw_only=True)
class Choices:
    """What the customer may choose: the offer to buy (None: billing does not answer), and what is left, if known."""

    offer: Offer | None
    currency: str
    balance: Balance | None
    valid_products: tuple[str, ...]

    def wishes(self) -> tuple[Wish, ...]:
        """The wishes that can be fulfilled, the first one chosen unless the customer chooses otherwise."""
        credit = (Wish.CREDIT,) if self.balance is not None and self.balance.available > 0 else ()
        buy = (Wish.BUY,) if self.offer is not None else ()
        return (*credit, *buy, Wish.STANDARD)


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
    return Choices(
        offer=offer,
        currency=currency,
        balance=None if email is None else context.entitlements.balance(email),
        valid_products=tuple(offer.product for offer in offers),
    )


def _one_ticket(offers: tuple[Offer, ...]) -> tuple[Offer, ...]:
    """The offers that answer one problem now: those that give credits (a subscription is bought elsewhere)."""
    return tuple(offer for offer in offers if offer.credits > 0)


def cards(available: Choices, settings: Settings) -> list[dict[str, Any]]:
    """The choices as ui.choice_cards shows them: price and due time beside each, and what the button then says."""
    now = clock.now()
    fast = now + settings.premium_target
    slow = add_working(settings.fallback_calendar, now, settings.fallback_target)
    shown: dict[Wish, dict[str, Any]] = {
        Wish.STANDARD: {
            "title": "Standard",
            "price": "free",
            "due_words": "If you send it now, a person answers by",
            "due_at": slow,
            "submit": "Send",
        }
    }
    if available.balance is not None:
        left = plural(available.balance.available, "incident")
        shown[Wish.CREDIT] = {
            "title": f"Use one of your {left}" if available.balance.available > 1 else f"Use your {left}",
            "price": "already paid",
            "due_words": "If you send it now, a senior engineer answers by",
            "due_at": fast,
            "submit": "Send",
        }
    if available.offer is not None:
        price = money(available.offer.prices[available.currency][0], available.currency)
        hours = settings.premium_target // timedelta(hours=1)
        shown[Wish.BUY] = {
            "title": available.offer.name,
            "price": price,
            "due_words": "If you pay now, a senior engineer answers by",
            "due_at": fast,
            "help": f"Within {hours} hours of your payment, day and night. One problem, until it is solved.",
            "submit": f"Continue to payment, {price}",
        }
    return [{"value": wish.value, **shown[wish]} for wish in available.wishes()]


def errors_in(written: Written, available: Choices) -> dict[str, str]:
    """What keeps the form from being sent, by field, each with its cure. Empty: all is well."""
    errors = {}
    for field, missing, longest in (
        ("subject", "Say in a few words what it is about.", LONGEST_SUBJECT),
        ("text", "Tell us what happened.", LONGEST_TEXT),
    ):
        value = getattr(written, field).strip()
        if not value:
            errors[field] = missing
        elif len(value) > longest:
            errors[field] = f"This is too long: use at most {longest:,} characters (now {len(value):,})."
    if len(written.tried) > LONGEST_TEXT:
        errors["tried"] = f"This is too long: use at most {LONGEST_TEXT:,} characters."
    if len(written.name) > LONGEST_NAME:
        errors["name"] = f"This is too long: use at most {LONGEST_NAME} characters."
    try:
        normal_address(written.email)
    except AddressInvalid as error:
        errors["email"] = error.message if written.email.strip() else "Say where the answer goes."
    if written.wish not in available.wishes() and not _buys_unseen(written, available):
        errors["wish"] = "Choose how soon you need the answer."
    if written.wish == Wish.BUY and available.offer is not None:
        errors |= _offer_errors(written, available.offer, available.valid_products)
    return errors


def _buys_unseen(written: Written, available: Choices) -> bool:
    """Billing went away while the form was open: the wish stands, and the ticket's page offers to pay later."""
    return written.wish == Wish.BUY and available.offer is None and _looks_like_offer(written)


def _looks_like_offer(written: Written) -> bool:
    return (
        written.product.isidentifier()
        and written.currency.isalpha()
        and max(len(written.product), len(written.currency)) <= _LONGEST_OFFER_WORD
    )


def _offer_errors(written: Written, offer: Offer, valid_products: tuple[str, ...]) -> dict[str, str]:
    if written.product != offer.product:
        return {"wish": OfferUnknown("product", written.product, valid_products).message}
    if written.currency not in offer.prices:
        return {"wish": OfferUnknown("currency", written.currency, tuple(offer.prices)).message}
    return {}


def blank(available: Choices, *, wants_to_buy: bool = False) -> Written:
    """An empty form with a token of its own, by which two sendings are known as one.

    What costs money is chosen beforehand only for who came to buy it.
    """
    first, *others = available.wishes()
    if first is Wish.BUY and not wants_to_buy:
        first = others[0]
    return Written(
        wish=first.value,
        product=available.offer.product if available.offer else "",
        currency=available.currency,
        form_token=new_token(),
    )

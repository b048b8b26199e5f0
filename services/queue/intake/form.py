"""The form that opens a ticket: what was typed, what is wrong with it, and the choices of how soon."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Self

from services.queue.classes.response_class import ClassTarget, TakenBy, class_named, lowest
from services.queue.config import Settings
from services.queue.context import Context
from services.queue.gateways.billing import Offer
from services.queue.gateways.entitlements import Balance
from services.queue.intake.errors import AddressInvalid, OfferUnknown
from services.queue.intake.open import normal_address
from services.queue.tickets.text import LONGEST_NAME, LONGEST_SUBJECT, LONGEST_TEXT
from services.queue.tickets.ticket import Choice
from shared import clock
from shared.formats import money, within
from shared.http import PeerUnavailable
from shared.ids import new_token
from shared.reader import reader
from shared.web.formats import plural
from shared.worktime import add_working

_DEFAULT_CURRENCY = "usd"
_LONGEST_OFFER_WORD = 40


@dataclass(frozen=True, kw_only=True)
class Draft:
    """What the customer has typed so far; kept on error."""

    subject: str = ""
    text: str = ""
    tried: str = ""
    email: str = ""
    name: str = ""
    zone: str = ""
    choice: str = ""
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


def cards(available: Choices, settings: Settings) -> list[dict[str, Any]]:
    """The choices as the page shows them: price and due time beside each, and what the button then says."""
    shown = {Choice.STANDARD: _standard_card(available, settings)}
    if available.balance is not None:
        left = plural(available.balance.available, "incident")
        shown[Choice.CREDIT] = {
            "title": f"Use one of your {left}" if available.balance.available > 1 else f"Use your {left}",
            "price": "already paid",
            "due": _faster("If you send it now", available.bought),
            "submit": "Send",
        }
    if available.offer is not None:
        price = money(available.offer.prices[available.currency][0], available.currency)
        shown[Choice.BUY] = {
            "title": available.offer.name,
            "price": price,
            "due": _faster("If you pay now", available.bought),
            "help": " ".join(filter(None, (_sentence(available.bought), "One problem, until it is solved."))),
            "submit": f"Continue to payment, {price}",
        }
    return [{"value": choice.value, **shown[choice]} for choice in available.all()]


def _standard_card(available: Choices, settings: Settings) -> dict[str, Any]:
    card: dict[str, Any] = {"title": "Standard", "price": "free", "submit": "Send"}
    if available.free is None:  # the fallback promise is what a ticket would get now
        due_at = add_working(settings.fallback_calendar, clock.now(), settings.fallback_target)
        return card | {"due": "If you send it now, a person answers by", "due_at": due_at}
    title = available.free.response_class.name(reader().language)
    return card | {"title": title[:1].upper() + title[1:], "due": _due("If you send it now", available.free)}


def _faster(condition: str, bought: ClassTarget | None) -> str:
    if bought is None:
        return f"{condition}, you are told at once by when a person answers."
    return _due(condition, bought)


def _due(condition: str, target: ClassTarget) -> str:
    who = "a senior engineer" if target.response_class.taken_by is TakenBy.SENIOR else "a person"
    length, calendar = within(timedelta(minutes=target.target_minutes)), target.calendar.name(reader().language)
    return f"{condition}, {who} answers {length} ({calendar})."


def _sentence(target: ClassTarget | None) -> str:
    return target.response_class.sentence(reader().language) if target is not None else ""


def errors_in(draft: Draft, available: Choices) -> dict[str, str]:
    """What keeps the form from being sent, by field, each with its cure. Empty: all is well."""
    errors = {}
    for field, missing, longest in (
        ("subject", "Say in a few words what it is about.", LONGEST_SUBJECT),
        ("text", "Tell us what happened.", LONGEST_TEXT),
    ):
        value = getattr(draft, field).strip()
        if not value:
            errors[field] = missing
        elif len(value) > longest:
            errors[field] = f"This is too long: use at most {longest:,} characters (now {len(value):,})."
    if len(draft.tried) > LONGEST_TEXT:
        errors["tried"] = f"This is too long: use at most {LONGEST_TEXT:,} characters."
    if len(draft.name) > LONGEST_NAME:
        errors["name"] = f"This is too long: use at most {LONGEST_NAME} characters."
    try:
        normal_address(draft.email)
    except AddressInvalid as error:
        errors["email"] = error.message if draft.email.strip() else "Say where the answer goes."
    if draft.choice not in available.all() and not _buys_unseen(draft, available):
        errors["choice"] = "Choose how soon you need the answer."
    if draft.choice == Choice.BUY and available.offer is not None:
        errors |= _offer_errors(draft, available.offer, available.valid_products)
    return errors


def _buys_unseen(draft: Draft, available: Choices) -> bool:
    """Billing went away while the form was open: the choice stands, and the ticket's page offers to pay later."""
    return draft.choice == Choice.BUY and available.offer is None and _looks_like_offer(draft)


def _looks_like_offer(draft: Draft) -> bool:
    return (
        draft.product.isidentifier()
        and draft.currency.isalpha()
        and max(len(draft.product), len(draft.currency)) <= _LONGEST_OFFER_WORD
    )


def _offer_errors(draft: Draft, offer: Offer, valid_products: tuple[str, ...]) -> dict[str, str]:
    if draft.product != offer.product:
        return {"choice": OfferUnknown("product", draft.product, valid_products).message}
    if draft.currency not in offer.prices:
        return {"choice": OfferUnknown("currency", draft.currency, tuple(offer.prices)).message}
    return {}


def blank(available: Choices, *, wants_to_buy: bool = False) -> Draft:
    """An empty form with a token of its own, by which two sendings are known as one.

    What costs money is chosen beforehand only for who came to buy it.
    """
    first, *others = available.all()
    if first is Choice.BUY and not wants_to_buy:
        first = others[0]
    return Draft(
        choice=first.value,
        product=available.offer.product if available.offer else "",
        currency=available.currency,
        form_token=new_token(),
    )

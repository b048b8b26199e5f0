"""The form that opens a ticket: what was typed, and what is wrong with it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from services.queue.gateways.billing import Offer
from services.queue.intake.choices import Choices
from services.queue.intake.errors import OfferUnknown
from services.queue.tickets.text import LONGEST_NAME, LONGEST_SUBJECT, LONGEST_TEXT, plain_text
from services.queue.tickets.ticket import Choice
from services.queue.tickets.words import too_long
from shared.email_address import AddressInvalid, normal_address
from shared.ids import new_token
from shared.language import gettext as _
from shared.web.problems import words_of

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


def errors_in(draft: Draft, available: Choices) -> dict[str, str]:
    """What keeps the form from being sent, by field, each with its cure. Empty: all is well."""
    errors = {}
    for field, missing, longest in (
        ("subject", _("Give it a short title."), LONGEST_SUBJECT),
        ("text", _("Tell us what happened."), LONGEST_TEXT),
        ("tried", "", LONGEST_TEXT),
        ("name", "", LONGEST_NAME),
    ):
        value = plain_text(getattr(draft, field))
        wrong = too_long(value, longest) if value else missing
        if wrong:
            errors[field] = wrong
    try:
        normal_address(draft.email)
    except AddressInvalid as error:
        errors["email"] = words_of(error) if draft.email.strip() else _("Enter the e-mail address for our answer.")
    if draft.choice not in available.all() and not _buys_unseen(draft, available):
        errors["choice"] = _("Choose how soon you need the answer.")
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
        return {"choice": words_of(OfferUnknown("product", draft.product, valid_products))}
    if draft.currency not in offer.prices:
        return {"choice": words_of(OfferUnknown("currency", draft.currency, tuple(offer.prices)))}
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

"""The choices of how soon, as the page shows them: price and due time beside each, and what the button then says."""

from datetime import timedelta
from typing import Any, NamedTuple

from services.queue.classes.response_class import ClassTarget, TakenBy
from services.queue.config import Settings
from services.queue.gateways.billing import Offer
from services.queue.intake.choices import Choices
from services.queue.tickets.ticket import Choice
from shared import clock
from shared.formats import money, within
from shared.language import N_, ngettext
from shared.language import gettext as _
from shared.reader import SOURCE, reader
from shared.worktime import add_working


class _DueWords(NamedTuple):
    """By when a choice is answered, by who answers; `unknown`: entitlements has not said what the class promises."""

    senior: str
    anybody: str
    unknown: str


_SENT_NOW = _DueWords(
    senior=N_("If you send it now, a senior agent answers %(within)s (%(calendar)s)."),
    anybody=N_("If you send it now, a person answers %(within)s (%(calendar)s)."),
    unknown=N_("Send it now, and you see at once by when a person answers."),
)
_PAID_NOW = _DueWords(
    senior=N_("If you pay now, a senior agent answers %(within)s (%(calendar)s)."),
    anybody=N_("If you pay now, a person answers %(within)s (%(calendar)s)."),
    unknown=N_("Pay now, and you see at once by when a person answers."),
)


def cards(available: Choices, settings: Settings) -> list[dict[str, Any]]:
    """A card for each choice that there is, the first one chosen unless the customer chooses otherwise."""
    shown = {Choice.STANDARD: _standard_card(available, settings)}
    if available.balance is not None:
        left = available.balance.available
        shown[Choice.CREDIT] = {
            "title": ngettext("Use your %(num)s incident", "Use one of your %(num)s incidents", left),
            "price": _("already paid"),
            "due": _due(_SENT_NOW, available.bought),
            "submit": _("Send"),
        }
    if available.offer is not None:
        price = money(available.offer.prices[available.currency][0], available.currency)
        shown[Choice.BUY] = {
            "title": _name(available.offer),
            "price": price,
            "due": _due(_PAID_NOW, available.bought),
            "help": " ".join(filter(None, (_sentence(available.bought), _pack(available.offer)))),
            "submit": _("Continue to payment, %(price)s", price=price),
        }
    return [{"value": choice.value, **shown[choice]} for choice in available.all()]


def _standard_card(available: Choices, settings: Settings) -> dict[str, Any]:
    card: dict[str, Any] = {"title": _("Standard"), "price": _("free"), "submit": _("Send")}
    if available.free is None:  # the fallback promise is what a ticket would get now
        due_at = add_working(settings.fallback_calendar, clock.now(), settings.fallback_target)
        return card | {"due_at": due_at}
    title = available.free.response_class.name(reader().language)
    return card | {"title": title[:1].upper() + title[1:], "due": _due(_SENT_NOW, available.free)}


def _name(offer: Offer) -> str:
    """As billing names it, in English; in other languages what it is: so many incidents."""
    if reader().language == SOURCE:
        return offer.name
    return ngettext("One incident", "%(num)s incidents", offer.credits)


def _pack(offer: Offer) -> str:
    if offer.credits == 1:
        return _("One problem, until it is solved.")
    return _("One for this problem, the others for whenever you need them.")


def _due(words: _DueWords, target: ClassTarget | None) -> str:
    if target is None:
        return _(words.unknown)
    length, calendar = within(timedelta(minutes=target.target_minutes)), target.calendar.name(reader().language)
    senior = target.response_class.taken_by is TakenBy.SENIOR
    return _(words.senior if senior else words.anybody, within=length, calendar=calendar)


def _sentence(target: ClassTarget | None) -> str:
    return target.response_class.sentence(reader().language) if target is not None else ""

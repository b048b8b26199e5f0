"""What the offer page shows: packs by response class, what each class promises, and the reader's currency."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from services.billing.catalog.catalog import Catalog, Product, ProductKind
from services.billing.gateways.entitlements import AROUND_THE_CLOCK, Classes, ClassTarget
from shared import formats
from shared.language import gettext as _
from shared.language import ngettext
from shared.reader import SOURCE, reader

_BY_TERRITORY = {"GB": "gbp", "JP": "jpy", "US": "usd"}
_EURO = frozenset(
    (
        *("AT", "BE", "CY", "DE", "EE", "ES", "FI", "FR", "GR", "HR"),
        *("IE", "IT", "LT", "LU", "LV", "MT", "NL", "PT", "SI", "SK"),
    )
)
_LANGUAGES_READ = 5


def chosen_currency(catalog: Catalog, *, asked: str, languages: Sequence[str]) -> str:
    """The currency asked for, else the one of the browser's language, else the catalog's first."""
    if asked.lower() in catalog.currencies:
        return asked.lower()
    for language in languages[:_LANGUAGES_READ]:
        territory = language.replace("_", "-").rpartition("-")[2].upper()
        guess = "eur" if territory in _EURO else _BY_TERRITORY.get(territory)
        if guess in catalog.currencies:
            return str(guess)
    return catalog.currencies[0]


@dataclass(frozen=True, kw_only=True, slots=True)
class Promise:
    """What a response class promises, in words. `answer_by` is None where its calendar has closing hours.

    `headline` says how soon, `terms` says it with what it counts from and when, `sentence` is the policy's own.
    """

    name: str
    headline: str
    terms: str
    sentence: str
    calendar: str
    target_minutes: int
    answer_by: datetime | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Section:
    """The packs of one response class, the smallest first. `promise` is None while entitlements does not answer."""

    response_class: str
    packs: tuple[Product, ...]
    promise: Promise | None

    @property
    def single(self) -> Product:
        """The smallest pack, which is chosen at first."""
        return self.packs[0]


def promise_of(target: ClassTarget | None, *, now: datetime) -> Promise | None:
    """What that class promises to whoever asks now."""
    if target is None:
        return None
    by = now + timedelta(minutes=target.target_minutes) if target.calendar_id == AROUND_THE_CLOCK else None
    within, calendar = formats.within(target.target_minutes), _words(target.calendar_names)
    return Promise(
        name=_words(target.names),
        headline=_("A person answers %(within)s.", within=within),
        terms=_("A person answers %(within)s of your payment: %(calendar)s.", within=within, calendar=calendar),
        sentence=_words(target.sentences),
        calendar=calendar,
        target_minutes=target.target_minutes,
        answer_by=by,
    )


def sections(catalog: Catalog, classes: Classes | None, *, now: datetime) -> list[Section]:
    """What is on offer, by response class, in the order of the catalog."""
    offered: dict[str, list[Product]] = {}
    for product in catalog.on_offer():
        if product.kind is ProductKind.INCIDENTS:
            offered.setdefault(product.response_class, []).append(product)
    return [
        Section(
            response_class=name,
            packs=tuple(sorted(found, key=lambda product: product.credits or 0)),
            promise=promise_of((classes or {}).get(name), now=now),
        )
        for name, found in offered.items()
    ]


def free_promise(classes: Classes | None, *, now: datetime) -> Promise | None:
    """What everybody gets: the class of the lowest rank."""
    return promise_of(min(classes.values(), key=lambda target: target.rank), now=now) if classes else None


def _words(by_language: Mapping[str, str]) -> str:
    return by_language.get(reader().language) or by_language.get(SOURCE, "")


def choices(offered: Sequence[Section], currency: str) -> list[dict[str, str]]:
    """The packs as radio cards, each with what one incident of it costs; with its class where there are several."""
    cards = []
    for section in offered:
        name = section.promise.name if section.promise and len(offered) > 1 else ""
        for pack in section.packs:
            count, price = pack.credits or 1, pack.prices[currency]
            each = formats.money(round(price / count), currency)
            cards.append(
                {
                    "value": pack.id,
                    "title": ", ".join(
                        part for part in (ngettext("One incident", "%(num)s incidents", count), name) if part
                    ),
                    "price": formats.money(price, currency),
                    "help": "" if count == 1 else _("%(each)s each; use them whenever you need one", each=each),
                }
            )
    return cards

"""The offer page: what a priority incident costs and promises, and by when a person answers."""

from datetime import datetime, timedelta

from flask import Blueprint, render_template, request

from services.billing.domain.catalog import Catalog, Product, ProductKind
from services.billing.web import context
from shared import clock
from shared.web import formats
from shared.web.access import public

offer = Blueprint("offer", __name__)

_BY_TERRITORY = {"GB": "gbp", "JP": "jpy", "US": "usd"}
_EURO = frozenset(
    (
        "AT",
        "BE",
        "CY",
        "DE",
        "EE",
        "ES",
        "FI",
        "FR",
        "GR",
        "HR",
        "IE",
        "IT",
        "LT",
        "LU",
        "LV",
        "MT",
        "NL",
        "PT",
        "SI",
        "SK",
    )
)


@offer.app_context_processor
def _how_to_reach_us() -> dict[str, str]:
    return {"support_email": context().settings.support_email}


def _chosen_currency(catalog: Catalog) -> str:
    """The currency asked for, else the one of the browser's language, else the catalog's first."""
    asked = request.args.get("currency", "").lower()
    if asked in catalog.currencies:
        return asked
    for language in list(request.accept_languages.values())[:5]:
        territory = language.replace("_", "-").rpartition("-")[2].upper()
        guess = "eur" if territory in _EURO else _BY_TERRITORY.get(territory)
        if guess in catalog.currencies:
            return str(guess)
    return catalog.currencies[0]


def _packs(catalog: Catalog) -> list[Product]:
    packs = [product for product in catalog.on_offer() if product.kind is ProductKind.INCIDENTS]
    return sorted(packs, key=lambda product: product.credits or 0)


def _choices(packs: list[Product], currency: str) -> list[dict[str, str]]:
    """The packs as radio cards, each with what one incident of it costs."""
    choices = []
    for pack in packs:
        count, price = pack.credits or 1, pack.prices[currency]
        each = formats.money(round(price / count), currency)
        choices.append(
            {
                "value": pack.id,
                "title": formats.plural(count, "incident"),
                "price": formats.money(price, currency),
                "help": "" if count == 1 else f"{each} each, for when you need them",
            }
        )
    return choices


def _answer_by() -> datetime:
    return clock.now() + timedelta(minutes=context().catalog.answer_within_minutes)


@offer.get("/")
@public
def show_offer() -> str:
    """What is offered, in the reader's currency and zone."""
    catalog, settings = context().catalog, context().settings
    currency = _chosen_currency(catalog)
    packs = _packs(catalog)
    return render_template(
        "offer.html",
        currency=currency,
        currencies=catalog.currencies,
        single=packs[0],
        choices=_choices(packs, currency),
        expires_after_days=packs[-1].expires_after_days,
        answer_within_minutes=catalog.answer_within_minutes,
        answer_by=_answer_by(),
        ask_url=f"{settings.queue_public_url}/ask",
    )


@offer.get("/answer-by")
@public
def show_answer_by() -> str:
    """The line that says by when a person answers, for a page that stays open."""
    return render_template("answer_by.html", answer_by=_answer_by())

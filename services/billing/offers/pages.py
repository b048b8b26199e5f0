"""The offer page: what a priority incident costs and promises, and by when a person answers."""

from flask import Blueprint, render_template, request

from services.billing.offers.view import Section, choices, chosen_currency, free_promise, sections
from services.billing.web import context
from shared import clock
from shared.web.access import public

offer = Blueprint("offer", __name__, template_folder="templates")


@offer.app_context_processor
def _how_to_reach_us() -> dict[str, str]:
    return {"support_email": context().settings.support_email}


def _sections() -> list[Section]:
    return sections(context().catalog, context().entitlements.response_classes(), now=clock.now())


@offer.get("/")
@public
def show_offer() -> str:
    """What is offered, in the reader's currency and zone."""
    catalog, settings = context().catalog, context().settings
    currency = chosen_currency(
        catalog, asked=request.args.get("currency", ""), languages=list(request.accept_languages.values())
    )
    offered = _sections()
    return render_template(
        "offer.html",
        currency=currency,
        currencies=catalog.currencies,
        sections=offered,
        choices=choices(offered, currency),
        expires_after_days=offered[0].packs[-1].expires_after_days,
        free=free_promise(context().entitlements.response_classes(), now=clock.now()),
        ask_url=f"{settings.queue_public_url}/ask",
    )


@offer.get("/answer-by")
@public
def show_answer_by() -> str:
    """The line that says by when a person answers, for a page that stays open."""
    return render_template("answer_by.html", sections=_sections())

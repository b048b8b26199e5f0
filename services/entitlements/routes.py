"""All routes of entitlements."""

from flask import Blueprint, redirect
from werkzeug.wrappers import Response

from services.entitlements.context import Context
from services.entitlements.credits.api import credits_api
from services.entitlements.decisions.api import decisions_api
from services.entitlements.response_classes.api import response_classes_api
from services.entitlements.take_event import take_events
from services.entitlements.traces.api import traces_api
from shared.web.access import public
from shared.web.events import events_api

pages = Blueprint("pages", __name__)


@pages.get("/")
@public
def home() -> Response:
    """Lead to the API reference: this service has no pages for people."""
    return redirect("/docs")


def blueprints(context: Context) -> tuple[Blueprint, ...]:
    """The API, the door of events, and the way to the reference."""
    events = events_api(lambda events: take_events(context, events), callers=("billing", "queue"))
    return (decisions_api, credits_api, response_classes_api, traces_api, events, pages)

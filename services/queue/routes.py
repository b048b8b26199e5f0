"""All routes of the queue."""

from flask import Blueprint, redirect
from werkzeug.wrappers import Response

from services.queue import web
from services.queue.context import Context
from services.queue.conversation.api import conversation_api
from services.queue.customer_page.pages import ticket_pages
from services.queue.desk.pages import desk
from services.queue.intake.api import intake_api
from services.queue.intake.pages import ask_pages
from services.queue.payments.pages import return_pages
from services.queue.reports.pages import reports
from services.queue.take_event import take_events
from services.queue.tickets.api import tickets_api
from shared.reader import reader
from shared.web.access import public
from shared.web.events import events_api

pages = Blueprint("pages", __name__)


@pages.app_context_processor
def _for_each_page() -> dict[str, str]:
    return {"support_email": web.context().settings.support_email, "language": reader().language}


@pages.get("/")
@public
def home() -> Response:
    """The offer stands at billing."""
    return redirect(web.context().settings.billing_public_url)


def blueprints(context: Context) -> tuple[Blueprint, ...]:
    """The customer's pages, the desk, the API and the door of events."""
    events = events_api(lambda events: take_events(context, events), callers=("entitlements",))
    apis = (intake_api, tickets_api, conversation_api, events)
    return (*apis, pages, ask_pages, ticket_pages, return_pages, desk, reports)

"""All routes of queue."""

from flask import Blueprint

from services.queue.ports import Context
from services.queue.use_cases.take_event import take_event
from services.queue.web.api import api
from services.queue.web.ask import ask_pages
from services.queue.web.desk import desk
from services.queue.web.ticket_pages import return_pages, ticket_pages
from shared.web.events import events_api


def blueprints(context: Context) -> tuple[Blueprint, ...]:
    """The customer's pages, the desk, the API and the door of events."""
    events = events_api(lambda event: take_event(context, event), callers=("entitlements",))
    return (api, events, ask_pages, ticket_pages, return_pages, desk)

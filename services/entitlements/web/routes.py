"""All routes of entitlements."""

from flask import Blueprint

from services.entitlements.ports import Context
from services.entitlements.use_cases.take_event import take_event
from services.entitlements.web.api import api
from services.entitlements.web.pages import pages
from shared.web.events import events_api


def blueprints(context: Context) -> tuple[Blueprint, ...]:
    """The API, the door of events, and the way to the reference."""
    events = events_api(lambda event: take_event(context, event), callers=("billing", "queue"))
    return (api, events, pages)

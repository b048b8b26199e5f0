"""All routes of billing."""

from flask import Blueprint

from services.billing.ports import Context
from services.billing.use_cases.take_event import take_event
from services.billing.web.api import api
from services.billing.web.checkout import checkout
from services.billing.web.finance import finance
from services.billing.web.offer import offer
from services.billing.web.webhooks import webhooks
from shared.web.events import events_api


def blueprints(context: Context) -> tuple[Blueprint, ...]:
    """Pages, API, the door of webhooks and the door of events."""
    events = events_api(lambda event: take_event(context.db, event), callers=("entitlements",))
    return (offer, checkout, finance, webhooks, api, events)

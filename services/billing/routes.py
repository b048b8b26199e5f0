"""All routes of billing."""

from flask import Blueprint

from services.billing.accounts.api import accounts_api
from services.billing.checkout.api import checkout_api
from services.billing.checkout.pages import checkout
from services.billing.context import Context
from services.billing.customers.pages import customers
from services.billing.ledger.pages import journal
from services.billing.offers.api import offers_api
from services.billing.offers.pages import offer
from services.billing.orders.api import orders_api
from services.billing.reconciliation.api import reconciliations_api
from services.billing.reconciliation.pages import finance
from services.billing.stripe_inbox.api import webhooks
from services.billing.take_event import take_events
from services.billing.trace.pages import trace
from shared.web.events import events_api


def blueprints(context: Context) -> tuple[Blueprint, ...]:
    """Pages, API, the door of webhooks and the door of events."""
    events = events_api(lambda events: take_events(context, events), callers=("entitlements",))
    return (
        *(offer, checkout, finance, journal, customers, trace, webhooks),
        *(offers_api, checkout_api, orders_api, accounts_api, reconciliations_api, events),
    )

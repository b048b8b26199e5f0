"""Where the jobs of billing stand."""

from services.billing.checkout import jobs as checkout
from services.billing.payments import jobs as payments
from services.billing.reconciliation import jobs as reconciliation
from services.billing.stripe_inbox import jobs as stripe_inbox
from shared import forget, relay

ROOMS = (relay, forget, payments, checkout, stripe_inbox, reconciliation)

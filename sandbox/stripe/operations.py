"""Every operation that the stand-in knows."""

from sandbox.stripe.resources import (
    balance_transactions,
    charges,
    checkout_sessions,
    customers,
    events,
    payment_intents,
    prices,
    products,
    refunds,
    webhook_endpoints,
)
from sandbox.stripe.work import Operation

OPERATIONS: tuple[Operation, ...] = (
    *customers.OPERATIONS,
    *products.OPERATIONS,
    *prices.OPERATIONS,
    *checkout_sessions.OPERATIONS,
    *payment_intents.OPERATIONS,
    *charges.OPERATIONS,
    *refunds.OPERATIONS,
    *balance_transactions.OPERATIONS,
    *events.OPERATIONS,
    *webhook_endpoints.OPERATIONS,
)

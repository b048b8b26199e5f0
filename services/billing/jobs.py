"""What billing does in the background."""

import sys
from typing import cast

from services.billing.ports import Context
from services.billing.use_cases import handle_stripe_event as handling
from services.billing.use_cases.ask_open_orders import ask_open_orders as ask
from services.billing.use_cases.mirror_charge import mirror_balances as mirror
from services.billing.use_cases.sweep_in_events import sweep_in_events as sweep_in
from shared import jobs, relay

ROOMS = (relay, sys.modules[__name__])


def _context() -> Context:
    return cast("Context", jobs.context())


@jobs.job(pool="stripe")
def handle_stripe_event(event_id: str) -> None:
    """Do the work of one Stripe event."""
    context = _context()
    handling.handle_stripe_event(context.db, context.stripe, event_id)


@jobs.job(pool="stripe", every_s=10)
def handle_due_events() -> None:
    """Do the work of Stripe's events whose wake-up was lost or whose last attempt failed."""
    context = _context()
    handling.handle_due_events(context.db, context.stripe)


@jobs.job(pool="stripe", every_s=15)
def ask_open_orders() -> None:
    """Ask Stripe what became of orders without an outcome."""
    context = _context()
    ask(context.db, context.stripe, public_url=context.settings.common.public_url)


@jobs.job(pool="stripe", every_s=30)
def sweep_in_events() -> None:
    """Take in the events that Stripe lists and that never arrived here."""
    context = _context()
    sweep_in(context.db, context.stripe)


@jobs.job(pool="stripe", every_s=30)
def mirror_balances() -> None:
    """Ask Stripe for balance transactions that it had not made yet."""
    context = _context()
    mirror(context.db, context.stripe)

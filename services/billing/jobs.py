"""What billing does in the background."""

from typing import cast

from services.billing.ports import Context
from services.billing.use_cases import handle_stripe_event as handling
from services.billing.use_cases.ask_open_orders import ask_open_orders as ask
from services.billing.use_cases.mirror_charge import mirror_balances as mirror
from services.billing.use_cases.sweep_in_events import sweep_in_events as sweep_in
from shared import jobs, outbox

QUEUES = ("billing",)
SCHEDULE = {
    "relay_outbox": 5,
    "handle_due_events": 10,
    "ask_open_orders": 15,
    "sweep_in_events": 30,
    "mirror_balances": 30,
}


def _context() -> Context:
    return cast("Context", jobs.context())


def handle_stripe_event(event_id: str) -> None:
    """Do the work of one Stripe event."""
    context = _context()
    handling.handle_stripe_event(context.db, context.stripe, event_id)


def handle_due_events() -> None:
    """Do the work of Stripe's events whose wake-up was lost or whose last attempt failed."""
    context = _context()
    handling.handle_due_events(context.db, context.stripe)


def ask_open_orders() -> None:
    """Ask Stripe what became of orders without an outcome."""
    context = _context()
    ask(context.db, context.stripe, public_url=context.settings.common.public_url)


def sweep_in_events() -> None:
    """Take in the events that Stripe lists and that never arrived here."""
    context = _context()
    sweep_in(context.db, context.stripe)


def mirror_balances() -> None:
    """Ask Stripe for balance transactions that it had not made yet."""
    context = _context()
    mirror(context.db, context.stripe)


def relay_outbox() -> None:
    """Deliver the events that wait for their consumer."""
    context = _context()
    outbox.relay(context.db, context.peers)

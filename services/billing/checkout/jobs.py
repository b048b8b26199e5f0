"""What checkouts need in the background."""

from functools import partial

from services.billing.checkout.ask import ask_for_outcome
from services.billing.orders.store import WORK
from shared import jobs
from shared.work.run import run_due, run_one


@jobs.job(pool="stripe")
def ask_order(order_id: str) -> None:
    """Ask Stripe at once what became of an order: its customer has come back and waits."""
    context = jobs.context()
    run_one(context.db, WORK, order_id, partial(ask_for_outcome, context))


@jobs.job(pool="stripe", every_s=15)
def ask_open_orders() -> None:
    """Ask Stripe what became of orders without an outcome."""
    context = jobs.context()
    run_due(context.db, WORK, partial(ask_for_outcome, context))

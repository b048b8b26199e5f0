"""What checkouts need in the background."""

from services.billing.checkout import ask_open
from shared import jobs


@jobs.job(pool="stripe", every_s=15)
def ask_open_orders() -> None:
    """Ask Stripe what became of orders without an outcome."""
    ask_open.ask_open_orders(jobs.context())

"""What payments do in the background."""

from functools import partial

from services.billing.payments.mirror import ask_for_balance
from services.billing.payments.store import WORK
from shared import jobs
from shared.work.run import run_due


@jobs.job(pool="stripe", every_s=30)
def mirror_balances() -> None:
    """Ask Stripe for balance transactions that it had not made yet."""
    context = jobs.context()
    run_due(context.db, WORK, partial(ask_for_balance, context))

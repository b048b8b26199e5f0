"""What payments do in the background."""

from services.billing.payments import mirror
from shared import jobs


@jobs.job(pool="stripe", every_s=30)
def mirror_balances() -> None:
    """Ask Stripe for balance transactions that it had not made yet."""
    mirror.mirror_balances(jobs.context())

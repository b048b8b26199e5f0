"""Stripe, as far as billing uses it: one object that holds the calls of each kind."""

from services.billing.gateways.stripe.charges import Charges
from services.billing.gateways.stripe.checkouts import Checkouts
from services.billing.gateways.stripe.client import RETRIES, connect
from services.billing.gateways.stripe.events import Events
from services.billing.gateways.stripe.prices import Prices


class StripeGateway:
    """Stripe over HTTP; `api_base` is set only where a stand-in plays Stripe.

    Each call that changes something carries an idempotency key made from our own ids. Each call may raise
    StripeRefused (nothing was done and never will be; StripeObjectMissing where there is no such object),
    StripeUnavailable (nothing was done, try later), and one that changes something StripeOutcomeUnknown (the change
    may have happened; repeat it with the same ids). No call outlasts a deadline (shared/deadlines.py).
    """

    def __init__(self, api_key: str, *, api_base: str | None = None, retries: int = RETRIES) -> None:
        client = connect(api_key, api_base=api_base, retries=retries)
        self.prices = Prices(client)
        self.checkouts = Checkouts(client)
        self.charges = Charges(client)
        self.events = Events(client)

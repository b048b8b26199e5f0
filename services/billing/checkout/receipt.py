"""Where Stripe shows the receipt of a paid order."""

from services.billing.context import Context
from services.billing.orders import listing
from services.billing.orders.look_up import look_up
from shared.deadlines import deadline

_WITHIN_S = 2.0


def receipt_url(context: Context, order_id: str) -> str | None:
    """Asked of Stripe anew each time, for its addresses end. None where nothing was paid.

    Raises OrderNotFound, and what Stripe's silence means (StripeGateway).
    """
    look_up(context, order_id)
    with context.db.transaction() as session:
        payments = listing.payments_of(session, [order_id]).get(order_id, ())
    if not payments:
        return None
    with deadline(_WITHIN_S):
        return context.stripe.charges.receipt_url(payments[0].charge_id)

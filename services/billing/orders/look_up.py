"""Look an order up as it stands here, without a question to Stripe."""

from services.billing.context import Context
from services.billing.orders import store as orders
from services.billing.orders.errors import OrderNotFound
from services.billing.orders.order import Order


def look_up(context: Context, order_id: str) -> Order:
    """The order of that id. Raises OrderNotFound."""
    with context.db.transaction() as session:
        order = orders.find(session, order_id)
    if order is None:
        raise OrderNotFound(order_id)
    return order

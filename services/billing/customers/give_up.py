"""Give up an order that was paid with something else than its price: the money goes back in Stripe."""

from dataclasses import dataclass

from services.billing.context import Context
from services.billing.customers.errors import NothingToDecide
from services.billing.orders import store as orders
from services.billing.orders.abandon import abandon
from services.billing.orders.errors import OrderNotFound


@dataclass(frozen=True, kw_only=True, slots=True)
class GiveUpRequest:
    """An order that a person has decided about. `actor` is who, as the audit trail names them."""

    order_id: str
    actor: str


def give_up(context: Context, request: GiveUpRequest) -> str:
    """Abandon the order, so that its ticket may have another; returns its account.

    Raises OrderNotFound, NothingToDecide.
    """
    with context.db.transaction() as session:
        order = orders.lock(session, request.order_id)
        if order is None:
            raise OrderNotFound(request.order_id)
        why = "A person decided: what was paid goes back in Stripe."
        if order.parked is None or not abandon(session, order, why=why, actor=request.actor):
            raise NothingToDecide(request.order_id)
    return order.account_id

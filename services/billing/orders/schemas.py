"""The shapes of orders."""

from apiflask import Schema
from apiflask.fields import AwareDateTime, Integer, List, Nested, String
from apiflask.validators import Length, OneOf

from services.billing.orders.order import OrderState
from shared.web.pagination import PageQuery


class PlacedOrder(Schema):
    """An order as its buyer needs it."""

    order_id = String()
    state = String(validate=OneOf([state.value for state in OrderState]))
    checkout_url = String(
        allow_none=True, metadata={"description": "Where it is paid; null when it cannot be (any more)."}
    )


class Payment(Schema):
    """Money that came in for an order."""

    charge_id = String(metadata={"description": "Stripe's."})
    amount_minor = Integer()
    currency = String()
    paid_at = AwareDateTime()


class Order(PlacedOrder):
    """An order as it stands."""

    account_id = String()
    contact_email = String()
    ticket_id = String(allow_none=True)
    product = String()
    credits = Integer()
    response_class = String(metadata={"description": "The class of the policy that a credit of it buys."})
    amount_minor = Integer()
    currency = String()
    payments = List(Nested(Payment))
    created_at = AwareDateTime()
    checkout_expires_at = AwareDateTime()
    paid_at = AwareDateTime(allow_none=True)
    settled_at = AwareDateTime(allow_none=True)
    abandoned_at = AwareDateTime(allow_none=True)
    parked_reason = String(allow_none=True, metadata={"description": "Why a person must look; null otherwise."})


class OrdersQuery(PageQuery):
    """Which orders."""

    ticket_id = String(load_default=None, validate=Length(1, 64))
    state = String(load_default=None, validate=OneOf([state.value for state in OrderState]))


class ListedOrder(Order):
    """An order in a list; a name of its own, because APIFlask registers what a route answers a second time."""


class Orders(Schema):
    """A page of orders, newest first."""

    items = List(Nested(ListedOrder))
    next_cursor = String(allow_none=True)

"""The shapes of billing's API. Unknown fields are refused and named: an amount is never the client's to say."""

from datetime import date

from apiflask import Schema
from apiflask.fields import (
    AwareDateTime,
    Boolean,
    Date,
    Dict,
    Email,
    Integer,
    List,
    Nested,
    String,
)
from apiflask.validators import Length, OneOf
from marshmallow import ValidationError

from services.billing.domain.orders import OrderState
from services.billing.domain.reconciliation import FIRST_DAY, LAST_DAY, ExceptionType, may_have_books
from shared.web.pagination import PageQuery

_ID = Length(1, 64)


class Price(Schema):
    """A price in one currency."""

    amount_minor = Integer(metadata={"description": "Minor units: cents, yen."})
    formatted = String(metadata={"description": "As an English reader writes it."})


class Offer(Schema):
    """Something that can be bought today."""

    product = String()
    name = String()
    kind = String(validate=OneOf(("incidents", "subscription")))
    credits = Integer(allow_none=True, metadata={"description": "How many incidents; null for a subscription."})
    expires_after_days = Integer(allow_none=True)
    prices = Dict(keys=String(), values=Nested(Price), metadata={"description": "By currency, lower case."})


class Offers(Schema):
    """All that can be bought today."""

    items = List(Nested(Offer))
    answer_within_minutes = Integer()


class OrderRequest(Schema):
    """What is wished for; the amount comes from the catalog."""

    ticket_id = String(
        required=True, allow_none=True, validate=_ID, metadata={"description": "The ticket it is bought for, or null."}
    )
    contact_email = Email(required=True, validate=Length(max=254))
    product = String(required=True, validate=_ID)
    currency = String(required=True, validate=_ID)


class PlacedOrder(Schema):
    """An order as its buyer needs it."""

    order_id = String()
    state = String(validate=OneOf([state.value for state in OrderState]))
    checkout_url = String(
        allow_none=True, metadata={"description": "Where it is paid; null when it cannot be (any more)."}
    )


class Order(PlacedOrder):
    """An order as it stands."""

    account_id = String()
    contact_email = String()
    ticket_id = String(allow_none=True)
    product = String()
    credits = Integer()
    amount_minor = Integer()
    currency = String()
    charge_id = String(allow_none=True)
    created_at = AwareDateTime()
    checkout_expires_at = AwareDateTime()
    paid_at = AwareDateTime(allow_none=True)
    settled_at = AwareDateTime(allow_none=True)
    abandoned_at = AwareDateTime(allow_none=True)
    parked_reason = String(allow_none=True, metadata={"description": "Why a person must look; null otherwise."})


class OrdersQuery(PageQuery):
    """Which orders."""

    ticket_id = String(load_default=None, validate=_ID)
    state = String(load_default=None, validate=OneOf([state.value for state in OrderState]))


class ListedOrder(Order):
    """An order in a list; a name of its own, because APIFlask registers what a route answers a second time."""


class Orders(Schema):
    """A page of orders, newest first."""

    items = List(Nested(ListedOrder))
    next_cursor = String(allow_none=True)


def _day_of_books(day: date) -> None:
    if not may_have_books(day):
        raise ValidationError(f"Choose a day from {FIRST_DAY} to {LAST_DAY}.")


class ReconciliationRequest(Schema):
    """Which day."""

    date = Date(
        required=True,
        validate=_day_of_books,
        metadata={"description": "A day of the books, in the zone of the books."},
    )


class CurrencyTotals(Schema):
    """One currency of a run, in minor units."""

    currency = String()
    matched = Integer()
    matched_minor = Integer()
    fees_minor = Integer()
    open = Integer()
    open_minor = Integer()


class Reconciliation(Schema):
    """One run over one day."""

    reconciliation_id = String()
    date = Date()
    zone = String()
    run_at = AwareDateTime()
    run_by = String()
    clean = Boolean()
    matched = Integer()
    open = Integer()
    totals = List(Nested(CurrencyTotals))


class ListedReconciliation(Reconciliation):
    """A run in a list."""


class Reconciliations(Schema):
    """A page of runs, newest first."""

    items = List(Nested(ListedReconciliation))
    next_cursor = String(allow_none=True)


class Side(Schema):
    """What one side says."""

    amount_minor = Integer()
    currency = String()


class Mismatch(Schema):
    """A line that does not match."""

    exception_id = String()
    type = String(validate=OneOf([kind.value for kind in ExceptionType]))
    charge_id = String(allow_none=True)
    order_id = String(allow_none=True)
    balance_transaction_id = String(allow_none=True)
    ours = Nested(Side, allow_none=True)
    stripe = Nested(Side, allow_none=True)
    sentence = String(metadata={"description": "What is wrong, in words."})
    next_step = String(metadata={"description": "What a person does about it."})
    occurred_at = AwareDateTime()
    first_seen_at = AwareDateTime()
    resolved_at = AwareDateTime(allow_none=True)


class Mismatches(Schema):
    """A page of exceptions."""

    items = List(Nested(Mismatch))
    next_cursor = String(allow_none=True)

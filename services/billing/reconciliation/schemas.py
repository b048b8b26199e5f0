"""The shapes of reconciliations."""

from datetime import date

from apiflask import Schema
from apiflask.fields import (
    AwareDateTime,
    Boolean,
    Date,
    Integer,
    List,
    Nested,
    String,
)
from apiflask.validators import OneOf
from marshmallow import ValidationError

from services.billing.ledger.book_day import FIRST_DAY, LAST_DAY, may_have_books
from services.billing.reconciliation.reconciliation import ExceptionType, RunState


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
    """One currency of a run, in minor units; fees in that in which Stripe took them."""

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
    state = String(
        validate=OneOf([state.value for state in RunState]),
        metadata={"description": "`reading` Stripe's charges, `comparing` them, `done`, or `stopped` for an operator."},
    )
    mirrored = Integer(metadata={"description": "How many charges of Stripe were read so far."})
    clean = Boolean(metadata={"description": "It is done, and nothing is open."})
    matched = Integer(metadata={"description": "Charges that agree on all sides, each counted once."})
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

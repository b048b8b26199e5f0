"""The shape of what can be bought."""

from apiflask import Schema
from apiflask.fields import Dict, Integer, List, Nested, String
from apiflask.validators import OneOf


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

"""The shape of what can be bought."""

from apiflask import Schema
from apiflask.fields import Dict, Integer, List, Nested, String
from apiflask.validators import OneOf


class Price(Schema):
    """A price in one currency."""

    amount_minor = Integer(metadata={"description": "Minor units: cents, yen."})
    formatted = String(metadata={"description": "As an English reader writes it."})


class OfferedClass(Schema):
    """What a product promises; null for what is not known while entitlements does not answer."""

    id = String()
    name = String(allow_none=True)
    sentence = String(allow_none=True, metadata={"description": "What it means for the customer."})
    target_minutes = Integer(allow_none=True, metadata={"description": "Working minutes of the calendar."})
    calendar = String(allow_none=True, metadata={"description": "In plain words."})


class Offer(Schema):
    """Something that can be bought today."""

    product = String()
    name = String()
    kind = String(validate=OneOf(("incidents", "subscription")))
    credits = Integer(allow_none=True, metadata={"description": "How many incidents; null for a subscription."})
    expires_after_days = Integer(allow_none=True)
    prices = Dict(keys=String(), values=Nested(Price), metadata={"description": "By currency, lower case."})
    response_class = Nested(OfferedClass)


class Offers(Schema):
    """All that can be bought today."""

    items = List(Nested(Offer))

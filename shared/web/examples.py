"""An example for each body of the API, put together from its schema: a reader sees at once what to send and what comes.

A field says its own example in its schema (`metadata={"example": ...}`) where its name does not already say enough.
"""

from typing import Any

_ID = "01m890k4nzgfj3mxtkce0rqh6t"
_USUAL: dict[str, Any] = {
    "abandoned_at": None,
    "absorbed": [],
    "account_id": f"acc_{_ID}",
    "amount_minor": 4900,
    "balance_transaction_id": "txn_1RkT2eAbCdEf",
    "body": {"ticket_id": f"tkt_{_ID}"},
    "calendar": "around the clock",
    "charge_id": "ch_3RkT2eAbCdEf",
    "checkout_url": "https://checkout.stripe.com/c/pay/cs_live_a1b2c3",
    "code": "credit_of_account",
    "commit": "9fceb02d0ae598e95dc970b74767f19372d61af8",
    "contact_email": "jo@acme.example",
    "contact_emails": ["jo@acme.example", "kim@acme.example"],
    "consumed": 0,
    "currency": "usd",
    "decision_id": f"dec_{_ID}",
    "email": "jo@acme.example",
    "entry_id": f"cre_{_ID}",
    "exception_id": f"rex_{_ID}",
    "expired": 0,
    "expires_after_days": 365,
    "expires_at": "2027-11-25T09:30:00+00:00",
    "fees_minor": 172,
    "first_responded_at": "2026-11-25T10:11:00+00:00",
    "formatted": "$49.00",
    "grant_id": f"grt_{_ID}",
    "held": 0,
    "id": "premium",
    "kind": "incidents",
    "matched_minor": 4900,
    "merged_into": None,
    "message_id": f"msg_{_ID}",
    "minutes_to_first_response": 41,
    "name": "Acme Ltd",
    "names": {"en": "Premium", "de": "Premium"},
    "next_cursor": None,
    "next_step": "Look the charge up in Stripe, and settle its order.",
    "number": 1042,
    "open": 0,
    "open_minor": 0,
    "order_id": f"ord_{_ID}",
    "parameters": {},
    "parked_reason": None,
    "payment": "none",
    "policy_version": "2026-11",
    "prices": {"usd": {"amount_minor": 4900, "formatted": "$49.00"}},
    "product": "incident_1",
    "rank": 20,
    "receipt_url": "https://pay.stripe.com/receipts/payment/a1b2c3",
    "reconciliation_id": f"rec_{_ID}",
    "request_id": f"req_{_ID}",
    "requester_email": "jo@acme.example",
    "resolved_at": None,
    "respond_by": "2026-11-25T11:30:00+00:00",
    "response_class": "premium",
    "revoked": 0,
    "run_by": "finn",
    "schema_revision": "0003",
    "sentence": "A senior agent takes it next.",
    "sentences": {"en": "A senior agent takes it next."},
    "service": "queue",
    "state": "open",
    "subject": "Payments fail",
    "taken_by": "senior",
    "target_minutes": 120,
    "text": "Since 09:10 each card is refused, with the code do_not_honor.",
    "ticket_id": f"tkt_{_ID}",
    "tried": "Another card, another browser.",
    "zone": "Europe/Berlin",
    # where the same name says something else
    "CreditEntry.kind": "hold",
    "Envelope.id": f"evt_{_ID}",
    "Envelope.type": "queue.ticket.first_responded.v1",
    "ListedOrder.state": "settled",
    "Mismatch.sentence": "Stripe has a charge of $49.00 that our books do not have.",
    "NewTicket.name": "Jo Miller",
    "Offer.name": "One priority incident",
    "OfferedClass.name": "Premium",
    "Order.state": "settled",
    "CalendarV1.id": "around-the-clock",
    "CalendarV1.names": {"en": "around the clock", "de": "rund um die Uhr"},
    "CalendarV1.zone": "UTC",
    "Reason.text": "One of your priority incidents is used for this question.",
    "Release.version": "1.0.0",
    "SourceV1.id": f"grt_{_ID}",
    "SourceV1.kind": "credit",
}
"""By the name of the field, or of the schema and the field."""
_BY_FORMAT = {
    "date-time": "2026-11-25T09:30:00+00:00",
    "date": "2026-11-25",
    "email": "jo@acme.example",
}
_KINDS: dict[str, type] = {"string": str, "integer": int, "array": list, "object": dict, "null": type(None)}
_BY_TYPE: dict[str, Any] = {"string": "text", "integer": 1, "number": 1, "boolean": True, "null": None}


def example(schema: dict[str, Any], known: dict[str, Any], name: str = "", owner: str = "") -> Any:
    """A value that fits the schema, which is that of field `name` of the schema `owner`.

    `known` are the document's schemas by name.
    """
    match schema:
        case {"example": value}:
            return value
        case {"$ref": str(reference)}:
            schema_name = reference.rpartition("/")[2]
            return example(known[schema_name], known, name, schema_name)
        case {"anyOf": [first, *_]} | {"allOf": [first, *_]}:
            return example(first, known, name, owner)
        case {"properties": dict(fields)}:
            return {field: example(inner, known, field, owner) for field, inner in fields.items()}
    return _simple(schema, known, name, owner)


def _simple(schema: dict[str, Any], known: dict[str, Any], name: str, owner: str) -> Any:
    for usual in (f"{owner}.{name}", name):
        if usual in _USUAL and _fits(_USUAL[usual], schema):
            return _USUAL[usual]
    if "enum" in schema:
        return schema["enum"][0]
    kind = _kinds(schema)[0]
    if kind == "array":
        return [example(schema.get("items", {"type": "string"}), known, name, owner)]
    return _BY_FORMAT.get(schema.get("format", ""), {} if kind == "object" else _BY_TYPE[kind])


def _kinds(schema: dict[str, Any]) -> list[str]:
    kind = schema.get("type", "object")
    return kind if isinstance(kind, list) else [kind]


def _fits(value: Any, schema: dict[str, Any]) -> bool:
    """Whether the usual value may stand in this field. The tests look deeper, by the schema itself."""
    if "enum" in schema:
        return value in schema["enum"]
    return any(isinstance(value, _KINDS[kind]) for kind in _kinds(schema) if kind in _KINDS)

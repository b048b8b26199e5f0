"""The names that the stand-in ships are those of Stripe's document, and what it knows of them holds for any path."""

import pytest

from sandbox.stripe import names
from tests.support import stripe_names


def test_the_file_is_what_the_document_says() -> None:
    assert stripe_names.FILE.read_text(encoding="utf-8") == stripe_names.written(), (
        "write it anew: python -m tests.support.stripe_names"
    )


@pytest.mark.parametrize(
    ("method", "path", "operation"),
    [
        ("POST", "/v1/checkout/sessions", "POST /v1/checkout/sessions"),
        ("GET", "/v1/charges/search", "GET /v1/charges/search"),
        ("GET", "/v1/charges/ch_1", "GET /v1/charges/{charge}"),
        ("POST", "/v1/subscriptions", "POST /v1/subscriptions"),
        ("DELETE", "/v1/charges/ch_1", None),
        ("GET", "/v1/charge", None),
    ],
)
def test_a_request_is_an_operation_of_stripes_or_none(method: str, path: str, operation: str | None) -> None:
    assert names.operation_named(method, path) == operation


@pytest.mark.parametrize(
    ("given", "unknown"),
    [
        ({"mode": "payment", "line_items": {"0": {"price": "p", "quantity": "1"}}}, []),
        ({"line_items": {"0": {"prize": "p"}}}, ["line_items[0][prize]"]),
        ({"line_items": {"price": "p"}}, ["line_items[price]"]),
        ({"metadata": {"any": "thing", "0": "at all"}}, []),
        ({"mode": {"a": "1"}}, ["mode[a]"]),
        ({"nonsense": "1", "expand": {"0": "x"}}, ["nonsense"]),
    ],
)
def test_what_stripe_does_not_know_is_named_as_stripe_spells_it(given: dict[str, object], unknown: list[str]) -> None:
    assert list(names.unknown_parameters("POST /v1/checkout/sessions", given)) == unknown


def test_deep_fields_can_be_expanded_too() -> None:
    assert names.expandable("invoice")["parent.subscription_details.subscription"] == ["subscription"]
    assert "charge.updated" in names.event_types()

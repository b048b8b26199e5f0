"""How the stand-in reads and checks parameters."""

from typing import Any

import pytest

from sandbox.stripe import checks
from sandbox.stripe.checks import Need, check_table
from sandbox.stripe.errors import StripeError
from sandbox.stripe.forms import decode
from sandbox.stripe.names import unknown_parameters


def test_brackets_become_mappings() -> None:
    pairs = [("line_items[0][price]", "price_1"), ("line_items[1][price]", "price_2"), ("mode", "payment")]
    assert decode(pairs) == {
        "line_items": {"0": {"price": "price_1"}, "1": {"price": "price_2"}},
        "mode": "payment",
    }


def test_empty_brackets_count_up() -> None:
    assert decode([("expand[]", "a"), ("expand[]", "b")]) == {"expand": {"0": "a", "1": "b"}}


@pytest.mark.parametrize(
    "pairs", [[("a", "1"), ("a", "2")], [("a", "1"), ("a[b]", "2")], [("a" + "[b]" * 9, "1")]], ids=str
)
def test_what_contradicts_itself_is_refused(pairs: list[tuple[str, str]]) -> None:
    with pytest.raises(StripeError):
        decode(pairs)


def test_a_broken_bracket_is_an_unknown_parameter() -> None:
    assert list(unknown_parameters("POST /v1/customers", decode([("email[b", "1")]))) == ["email[b"]


@pytest.mark.parametrize(
    ("check", "given", "value"),
    [
        (checks.integer(least=1), "12", 12),
        (checks.boolean, "true", True),
        (checks.text(unsettable=True), "", None),
        (checks.currency, "USD", "usd"),
        (checks.list_of(checks.text()), {"1": "b", "0": "a"}, ["a", "b"]),
        (checks.list_of(checks.text()), "", []),
        (checks.metadata, "", None),
        (checks.metadata, {"0": "x"}, {"0": "x"}),
        (checks.time_range, "7", {"gte": 7, "lte": 7}),
        (checks.time_range, {"gt": "1", "lt": "9"}, {"gt": 1, "lt": 9}),
        (
            checks.url,
            "http://localhost:8001/x?id={CHECKOUT_SESSION_ID}",
            "http://localhost:8001/x?id={CHECKOUT_SESSION_ID}",
        ),
    ],
)
def test_text_becomes_values(check: checks.Check, given: Any, value: Any) -> None:
    assert check(given, "p") == value


@pytest.mark.parametrize(
    ("check", "given"),
    [
        (checks.integer(), "1.5"),
        (checks.integer(most=100), "101"),
        (checks.boolean, "yes"),
        (checks.text(), ""),
        (checks.text(longest=3), "long"),
        (checks.text(), {"a": "b"}),
        (checks.currency, "xyz"),
        (checks.email, "jo@localhost"),
        (checks.email, "jo weber@example.com"),
        (checks.url, "javascript:alert(1)"),
        (checks.url, "/relative"),
        (checks.list_of(checks.text()), {"a": "b"}),
        (checks.metadata, {"a": {"b": "c"}}),
        (checks.metadata, {"a": "x" * 501}),
        (checks.metadata, {str(number): "x" for number in range(51)}),
        (checks.choice("a", elsewhere=("b",)), "b"),
        (checks.only_off, "true"),
        (checks.shape({"a": checks.text()}), "x"),
        (checks.time_range, {"after": "1"}),
    ],
)
def test_bad_values_are_refused_by_name(check: checks.Check, given: Any) -> None:
    with pytest.raises(StripeError) as refusal:
        check(given, "p")
    assert refusal.value.status == 400
    assert str(refusal.value.param).startswith("p")


def test_a_missing_parameter_inside_another_is_named_by_its_path() -> None:
    table = {"recurring": checks.shape({"interval": Need(checks.text())})}
    with pytest.raises(StripeError) as refusal:
        check_table(table, {"recurring": {}})
    assert (refusal.value.code, refusal.value.param) == ("parameter_missing", "recurring[interval]")

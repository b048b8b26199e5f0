"""Stripe's search language: what a query finds, and that what cannot be read is refused."""

from collections.abc import Iterator
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.stripe.errors import StripeError
from sandbox.stripe.search import condition
from sandbox.stripe.settings import Settings
from sandbox.stripe.world import World

FIELDS = frozenset({"email", "name", "created", "paid"})
PEOPLE = [
    {"id": "cus_1", "email": "Jo@example.com", "name": "Jo Weber", "created": 10, "metadata": {"order": "o1"}},
    {"id": "cus_2", "email": "al@example.com", "name": "Al O'Neil", "created": 20, "metadata": {}, "paid": True},
    {"id": "cus_3", "email": "bo@other.test", "name": None, "created": 30, "metadata": {"order": "o3", "k-2": "v"}},
]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("search")
    made = World(Settings(host="", port=0, public_url="http://here", state_dir=folder, api_key="sk_test_x"))
    with made.working() as work:
        for person in PEOPLE:
            work.add({"object": "customer", **person})
    yield made
    made.close()


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("email:'jo@example.com'", ["cus_1"]),
        ('name~"weber"', ["cus_1"]),
        ("name:'Al O\\'Neil'", ["cus_2"]),
        ("email~'example'", ["cus_2", "cus_1"]),
        ("-email~'example'", ["cus_3"]),
        ("metadata['order']:'o1' OR metadata['k-2']:\"v\"", ["cus_3", "cus_1"]),
        ("created>10 AND created<=30 AND -metadata['order']:'o3'", ["cus_2"]),
        ("email~'example' created>10", ["cus_2"]),
        ("name:null", ["cus_3"]),
        ("-metadata['order']:null", ["cus_3", "cus_1"]),
        ("paid:'true'", ["cus_2"]),
    ],
)
def test_a_query_finds_whom_it_names(world: World, query: str, found: list[str]) -> None:
    with world.looking() as work:
        assert [one["id"] for one in work.tx.select("customer", [condition(query, FIELDS)])] == found


@pytest.mark.parametrize(
    "query",
    ["", "email", "phone:'1'", "email:'a' AND name:'b' OR created>1", "created>'x'", "name~'a'", "metadata:'a'"],
)
def test_what_cannot_be_read_is_refused_about_the_query(query: str) -> None:
    with pytest.raises(StripeError) as refused:
        condition(query, FIELDS)
    assert refused.value.param == "query"


@given(st.text(max_size=40))
def test_any_text_is_a_query_or_a_refusal(query: str) -> None:
    with suppress(StripeError):
        condition(query, FIELDS)

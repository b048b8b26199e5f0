"""One rule for e-mail addresses: each door of each service takes the same ones, and understands the same by each."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from marshmallow import Schema, ValidationError

from services.billing.accounts.schemas import ContactRequest
from services.billing.checkout.schemas import OrderRequest
from services.entitlements.credits.schemas import BalanceQuery
from services.entitlements.decisions.schemas import DecisionRequest
from services.queue.intake.choices import Choices
from services.queue.intake.form import Draft, errors_in
from services.queue.intake.schemas import NewTicket
from shared.contracts import EVENTS
from shared.email_address import AddressInvalid, contact_key, normal_address
from tests.support.declared import ROOT, imports, sources

GOOD = (
    "jo@example.com",
    "a.b+c@mail.acme.co.uk",
    "x@1.de",
    "o'hara@acme.ie",
    "jo@acme.test",
    "jo@xn--bcher-kva.example.org",
)
SAME = [
    ("jo@EXAMPLE.com", "jo@example.com"),
    (" Jo@Acme.test\n", "jo@acme.test"),
    ("jo@bücher.de", "jo@xn--bcher-kva.de"),
]
BAD = (
    *("", " ", "jo", "@", "jo@", "@acme.test", "jo@acme", "jo@.test", "jo@acme.", "a@b@acme.test", "jo@localhost"),
    *("jo@example.c", "jo@example.1", "jo@[127.0.0.1]", '"jo"@acme.test', "jörg@acme.test", "jo@ac me.test"),
    *("jo @acme.test", "jo@acme.test\nBcc: x@y.test", "<jo@acme.test>", "Jo <jo@acme.test>", "jo@acme.test,a@b.test"),
    *(
        "jo..jo@acme.test",
        ".jo@acme.test",
        "jo.@acme.test",
        "jo@-acme.test",
        "jo@acme-.test",
        "jo@a..test",
        "j\0o@acme.test",
    ),
    *("jo@acme.test\u200b", "jo@\u202eacme.test", "jo@acme_x.test", f"jo@{'x' * 64}.test"),
    f"jo@{'.'.join(['x' * 60] * 5)}.test",
)


def loaded(schema: type[Schema], field: str) -> Callable[[str], str]:
    """What a schema makes of an address; the other fields say nothing about it."""

    def load(address: str) -> str:
        one = schema(only=(field,))
        value = one.load({field: [address] if field == "contact_emails" else address})[field]
        return str(value[0] if isinstance(value, list) else value)

    return load


def form(address: str) -> str:
    """The form of the queue, and what it stores."""
    none = Choices(offer=None, currency="usd", balance=None, valid_products=(), bought=None, free=None)
    errors = errors_in(Draft(subject="It fails", text="It fails.", choice="standard", email=address), none)
    assert errors.keys() <= {"email"}
    if errors:
        raise ValidationError(errors)
    return normal_address(address)


DOORS: dict[str, Callable[[str], str]] = {
    "the form": form,
    "queue POST /v1/tickets": loaded(NewTicket, "email"),
    "entitlements POST /v1/decisions": loaded(DecisionRequest, "requester_email"),
    "entitlements GET /v1/balance": loaded(BalanceQuery, "email"),
    "billing POST /v1/orders": loaded(OrderRequest, "contact_email"),
    "billing POST /v1/accounts/contacts": loaded(ContactRequest, "email"),
    "event of a purchase": loaded(EVENTS["billing.incidents.purchased.v1"], "contact_email"),
    "event of an account": loaded(EVENTS["billing.account.changed.v1"], "contact_emails"),
}

_sign = st.sampled_from([*"ab1.-_+'\"@ ,;<>()[]\\\n\0", "ö", "İ", "ß", "\u200d", "\u0301", "例", "א", "A", "Z"])
_word = st.text(_sign, max_size=12) | st.from_regex(r"[a-zA-Z0-9][a-zA-Z0-9.-]{0,8}", fullmatch=True)
_host = st.lists(_word, min_size=1, max_size=4).map(".".join)
_ends = st.sampled_from(["com", "c", "test", "co.uk", "de", "localhost", "xn--p1ai", "рф", "1", ""])
odd_addresses = st.builds("{}@{}.{}".format, _word, _host, _ends) | st.emails() | st.text(max_size=40)


def said(door: Callable[[str], str], address: str) -> str | None:
    try:
        return door(address)
    except (ValidationError, AddressInvalid):
        return None


@settings(max_examples=600)
@given(odd_addresses)
@example("jo@example.c")
@example("jo@bücher.de")
def test_each_door_of_each_service_says_the_same_of_an_address(address: str) -> None:
    answers = {name: said(door, address) for name, door in DOORS.items()}
    assert set(answers.values()) == {said(normal_address, address)}, answers


@pytest.mark.parametrize("address", BAD)
def test_what_no_mail_can_go_to_is_refused_at_each_door(address: str) -> None:
    assert {name for name, door in DOORS.items() if said(door, address) is not None} == set()


@pytest.mark.parametrize("address", GOOD)
def test_what_mail_can_go_to_is_taken_at_each_door(address: str) -> None:
    assert {said(door, address) for door in DOORS.values()} == {address}


@given(odd_addresses)
def test_what_one_service_says_the_next_one_understands_as_the_same_contact(address: str) -> None:
    normal = said(normal_address, address)
    if normal is not None:
        assert normal_address(normal) == normal
        assert contact_key(normal_address(contact_key(normal))) == contact_key(normal)
        assert said(normal_address, address.swapcase()) in (None, normal_address(address.swapcase()))


@pytest.mark.parametrize(("written", "same"), SAME)
def test_a_contact_is_the_same_however_the_address_is_written(written: str, same: str) -> None:
    assert contact_key(normal_address(written)) == contact_key(normal_address(same))


def test_a_refusal_says_what_to_do_and_what_is_wrong() -> None:
    with pytest.raises(ValidationError) as refused:
        BalanceQuery().load({"email": "jo@example.c"})
    assert "it looks like name@example.com. The part after the last dot is too short." in str(refused.value.messages)


def test_there_is_no_other_rule_in_the_house() -> None:
    def own_rule(tree: Any) -> bool:
        return any(name.startswith("email_validator") for name in imports(tree))

    trees = sources("services", "shared")
    assert {str(path) for path, tree in trees.items() if own_rule(tree)} == {"shared/email_address.py"}
    for path in trees:
        code = (ROOT / path).read_text()
        assert not re.search(r"\bEmail\b", code), f"{path}: take shared.email_field.EmailAddress"
        assert ".strip().lower()" not in code or "email" not in code, path

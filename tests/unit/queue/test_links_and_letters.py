"""Links open one ticket; letters say by when and repeat no stranger's words."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.queue.classes.response_class import CalendarName, ResponseClass, TakenBy
from services.queue.gateways.mail import Mail, as_message
from services.queue.mail_out import letters
from services.queue.mail_out.draw import draw_html, draw_text
from services.queue.mail_out.letter import MailKind
from services.queue.tickets.link import LinkKind, kind_of, link_token, ticket_id_in
from services.queue.tickets.promise import Promise
from services.queue.tickets.ticket import State, Step, after_customer_message
from shared.reader import reading_in
from shared.sentences import Sentence

SECRET = "a-secret-of-the-tests"
NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)  # a Tuesday
URL = "https://help.example.test/t/abc.def"


BOTH = pytest.mark.parametrize("kind", LinkKind)


@BOTH
def test_a_link_opens_its_ticket_and_no_other(kind: LinkKind) -> None:
    token = link_token(kind, "tkt_1", 1, SECRET)
    assert ticket_id_in(token) == "tkt_1"
    assert kind_of(token, "tkt_1", 1, SECRET) is kind
    assert kind_of(token, "tkt_2", 1, SECRET) is None


@BOTH
def test_a_new_link_voids_the_old_one(kind: LinkKind) -> None:
    assert kind_of(link_token(kind, "tkt_1", 1, SECRET), "tkt_1", 2, SECRET) is None


@given(st.from_regex(r"[0-9a-z]{1,26}", fullmatch=True), st.integers(1, 99), st.integers(1, 99))
def test_no_link_of_a_page_is_one_of_a_mail_of_any_ticket_or_version(ticket: str, one: int, other: int) -> None:
    page = link_token(LinkKind.PAGE, f"tkt_{ticket}", one, SECRET)
    assert kind_of(page, f"tkt_{ticket}", other, SECRET) is (LinkKind.PAGE if one == other else None)
    assert kind_of(page, f"tkt_mail.{ticket}", other, SECRET) is None


@given(st.text())
def test_no_made_up_link_opens_anything(made_up: str) -> None:
    for token in (made_up, f"1.{made_up}"):
        assert ticket_id_in(token) is None or kind_of(token, "tkt_1", 1, SECRET) is None


@BOTH
def test_the_seal_has_160_bits(kind: LinkKind) -> None:
    assert len(link_token(kind, "tkt_1", 1, SECRET).partition(".")[2]) * 5 == 160


def promise(**more: Any) -> Promise:
    values: dict[str, Any] = {
        "response_class": ResponseClass(
            id="premium",
            rank=20,
            taken_by=TakenBy.SENIOR,
            names={"en": "premium"},
            sentences={"en": "A senior agent takes it next.", "de": "Eine erfahrene Fachkraft ist als Nächste dran."},
        ),
        "starts_at": NOW,
        "respond_by": NOW + timedelta(hours=2),
        "target_minutes": 120,
        "calendar": CalendarName(id="always", names={"en": "around the clock"}, zone="UTC"),
        "reasons": (Sentence.of("not_decided_in_time"),),
    }
    return Promise(**values | more)


@pytest.mark.parametrize(
    ("zone", "said"),
    [
        ("Europe/Berlin", "Tue 15:00 CET"),
        ("America/New_York", "Tue 09:00 EST"),
        ("America/Sao_Paulo", "Tue 11:00 UTC-3"),
    ],
)
def test_the_acknowledgement_says_by_when_in_the_customers_zone_and_why_in_both_parts(zone: str, said: str) -> None:
    with reading_in("en", zone):
        letter = letters.acknowledgement("1001", promise(), NOW, URL)
        parts = (draw_text(letter), draw_html(letter, "en"))
    for part in parts:
        assert f"A person answers by {said}." in part
        assert "A senior agent takes it next." in part
        assert "We could not look up what you have bought in time" in part
        assert URL in part
    assert said in letter.subject
    assert "#1001" in letter.subject


def test_a_due_time_of_next_week_has_its_date() -> None:
    letter = letters.acknowledgement("1001", promise(respond_by=NOW + timedelta(days=7)), NOW, URL)
    assert "Tue 1 Dec 12:00 UTC" in letter.subject


def test_a_letter_speaks_the_customers_language_and_the_policys_words_in_it() -> None:
    with reading_in("de", "Europe/Berlin"):
        letter = letters.promise_raised("1001", promise(), NOW, URL)
        html = draw_html(letter, "de")
    assert '<html lang="de">' in html
    assert "Eine erfahrene Fachkraft ist als Nächste dran." in html
    assert letter.subject == "Früher: Ein Mensch antwortet bis Di., 15:00 Uhr MEZ (Ticket #1001)"


def test_a_class_of_which_the_policy_says_nothing_leaves_its_sentence_out() -> None:
    silent = replace(promise().response_class, sentences={})
    letter = letters.acknowledgement("1001", promise(response_class=silent), NOW, URL)
    assert draw_text(letter).split("\n\n")[1] == "Why this time:"


def test_what_an_agent_writes_runs_nowhere_in_the_html_part() -> None:
    letter = letters.answer("1001", Step.ANSWER, "<i>Ana</i>", "<script>alert(1)</script>\n& more", "a < b", URL)
    html = draw_html(letter, "en")
    assert "<script>" not in html
    assert "<i>" not in html
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html
    assert "> <script>alert(1)</script>\n> & more" in draw_text(letter)


@pytest.mark.parametrize("step", Step)
def test_each_step_of_an_agent_has_a_kind_of_mail(step: Step) -> None:
    assert MailKind(step.value)


def mail(**more: object) -> Mail:
    values: dict[str, object] = {
        "message_id": "<mail_2@example.test>",
        "to_address": "jo@example.com",
        "subject": "An answer",
        "text": "Hello",
        "html": "<p>Hello</p>",
        "references": ("<mail_0@example.test>", "<mail_1@example.test>"),
    }
    return Mail(**values | more)  # type: ignore[arg-type]


def test_a_mail_stands_in_its_thread_and_can_be_answered() -> None:
    message = as_message(mail(), "Premium Support <support@example.test>")
    assert message["Message-ID"] == "<mail_2@example.test>"
    assert message["In-Reply-To"] == "<mail_1@example.test>"
    assert message["References"] == "<mail_0@example.test> <mail_1@example.test>"
    assert message["Reply-To"] == "Premium Support <support@example.test>"
    assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]


@pytest.mark.parametrize("field", ["subject", "to_address", "message_id"])
def test_a_line_break_makes_no_new_header(field: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - each field is refused in its own words
        as_message(mail(**{field: "Jo\r\nBcc: all@example.com"}), "Premium Support <support@example.test>").as_bytes()


def test_a_customers_message_makes_it_our_turn_in_every_state_but_canceled() -> None:
    for state in State:
        turn = after_customer_message(state)
        if state is State.CANCELED:
            assert turn is None
        else:
            assert turn is not None
            assert turn.state is State.OPEN
            assert turn.reopens == (state in (State.RESOLVED, State.CLOSED))

"""Links open one ticket; letters say by when and repeat no stranger's words."""

import email
import email.policy
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.queue.classes.response_class import CalendarName, ResponseClass, TakenBy
from services.queue.gateways.mail import Mail, as_message
from services.queue.mail_out import letters
from services.queue.mail_out.draw import draw_html, draw_text
from services.queue.mail_out.letter import Block, Letter, MailKind
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


def of(blocks: tuple[Block, ...]) -> Letter:
    """A letter of these blocks."""
    return Letter(subject="Payments fail (#1001)", blocks=blocks)


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
        letter = of(letters.acknowledgement(promise(), None, NOW, URL))
        parts = (draw_text(letter), draw_html(letter, "en"))
    for part in parts:
        assert f"A person answers by {said}." in part
        assert "A senior agent takes it next." in part
        assert "We could not look up what you have bought in time" in part
        assert URL in part.replace("<wbr>", "")


def test_a_due_time_of_next_week_has_its_date() -> None:
    letter = of(letters.acknowledgement(promise(respond_by=NOW + timedelta(days=7)), None, NOW, URL))
    assert "Tue 1 Dec 12:00 UTC" in draw_text(letter)


def test_a_letter_speaks_the_customers_language_and_the_policys_words_in_it() -> None:
    with reading_in("de", "Europe/Berlin"):
        letter = of(letters.promise_raised(promise(), NOW, URL))
        html = draw_html(letter, "de")
    assert '<html lang="de"' in html
    assert "Eine erfahrene Fachkraft ist als Nächste dran." in html
    assert "Ein Mensch antwortet schon bis Di., 15:00 Uhr MEZ." in draw_text(letter)


def test_a_class_of_which_the_policy_says_nothing_leaves_its_sentence_out() -> None:
    silent = replace(promise().response_class, sentences={})
    letter = of(letters.acknowledgement(promise(response_class=silent), None, NOW, URL))
    assert draw_text(letter).split("\n\n")[1] == "Why this time:"


def test_what_an_agent_writes_runs_nowhere_in_the_html_part() -> None:
    letter = of(letters.answer(Step.ANSWER, "<i>Ana</i>", "<script>alert(1)</script>\n& more", "a < b", URL))
    html = draw_html(letter, "en")
    assert "<script>" not in html
    assert "<i>" not in html
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html
    assert "\n<script>alert(1)</script>\n& more\n" in draw_text(letter)


def test_an_address_in_an_answer_is_a_link_in_the_html_part_and_plain_in_the_other() -> None:
    letter = of(letters.answer(Step.ANSWER, "Ana", "Open https://acme.example/a?b=1&c=2.", None, URL))
    assert 'href="https://acme.example/a?b=1&amp;c=2"' in draw_html(letter, "en")
    assert "Open https://acme.example/a?b=1&c=2." in draw_text(letter)


@pytest.mark.parametrize("step", Step)
def test_no_line_of_ours_reads_like_a_quoted_older_mail(step: Step) -> None:
    text = draw_text(of(letters.answer(step, "Ana", "Two\nlines", "Cards fail.", URL)))
    assert not [line for line in text.splitlines() if line.startswith(">")]


def test_words_from_right_to_left_read_so_in_the_html_part() -> None:
    html = draw_html(of(letters.answer(Step.ANSWER, "Ana", "שלום", "مرحبا", URL)), "en")
    assert html.count('<blockquote dir="auto"') == 2


@pytest.mark.parametrize(
    ("words", "subject"),
    [
        ("Payments fail", "Payments fail (#1001)"),
        ("Win at https://evil.example/x", "Win at \u2013 (#1001)"),
        ("word " * 40, "word word word word word word word word word word word word word word… (#1001)"),
        ("x" * 200, f"{'x' * 70}… (#1001)"),
    ],
)
def test_the_subject_is_what_the_customer_wrote_with_the_number_at_the_end(words: str, subject: str) -> None:
    assert letters.subject(words, "1001") == subject


def test_who_is_to_pay_reads_that_nothing_is_paid_yet_and_what_happens_without() -> None:
    text = draw_text(of(letters.acknowledgement(promise(), timedelta(minutes=30), NOW, URL)))
    assert text.startswith(
        "We have your message. Your payment has not arrived yet.\n\nPay now, or choose the free standard answer:"
    )
    assert "goes on with the free standard answer in 30 min" in text
    assert "A person answers by" not in text


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


@given(
    st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"]), max_size=60)
    | st.lists(st.sampled_from(["=?utf-8?q?=0D=0ABcc:_x@y.z?=", "=?", "?=", " ", "é", "שלום", "👨\u200d👩"])).map(
        "".join
    )
)
@settings(max_examples=50)
def test_no_subject_adds_a_header_or_a_body(words: str) -> None:
    message = as_message(mail(subject=words), "Premium Support <support@example.test>")
    received = email.message_from_bytes(message.as_bytes(), policy=email.policy.default)
    assert received.keys() == message.keys()
    assert len(received.get_all("Subject", [])) == 1
    assert "".join(received["Subject"].split()) == "".join(words.split()), "however Python folds blanks"
    assert received.get_body(("plain",)).get_content() == "Hello\n"  # type: ignore[union-attr] # it has one


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

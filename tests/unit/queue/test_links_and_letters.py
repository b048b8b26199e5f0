"""Links open one ticket; letters say by when and repeat no stranger's words."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.queue.delivery.delivery import pause_before
from services.queue.gateways.mail import Mail, written
from services.queue.mail_out import letters
from services.queue.mail_out.wording import absolute, known_zone
from services.queue.tickets.link import link_token, ticket_id_in, token_opens
from services.queue.tickets.promise import CalendarName, Promise, Reason, ResponseClass
from services.queue.tickets.ticket import State, Step, after_customer_message

SECRET = "a-secret-of-the-tests"
NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)  # a Tuesday
URL = "https://help.example.test/t/abc.def"


def test_a_link_opens_its_ticket_and_no_other() -> None:
    token = link_token("tkt_1", 1, SECRET)
    assert ticket_id_in(token) == "tkt_1"
    assert token_opens(token, "tkt_1", 1, SECRET)
    assert not token_opens(token, "tkt_2", 1, SECRET)


def test_a_new_link_voids_the_old_one() -> None:
    assert not token_opens(link_token("tkt_1", 1, SECRET), "tkt_1", 2, SECRET)


@given(st.text())
def test_no_made_up_link_opens_anything(made_up: str) -> None:
    assert not token_opens(made_up, "tkt_1", 1, SECRET)
    assert not token_opens(f"1.{made_up}", "tkt_1", 1, SECRET)


def test_the_seal_has_160_bits() -> None:
    assert len(link_token("tkt_1", 1, SECRET).partition(".")[2]) * 5 == 160


@pytest.mark.parametrize(
    ("zone", "said"),
    [
        ("Europe/Berlin", "Tue 14:05 CET"),
        ("America/New_York", "Tue 08:05 EST"),
        ("America/Sao_Paulo", "Tue 10:05 UTC-03"),
        ("Mars/Olympus", "Tue 13:05 UTC"),
    ],
)
def test_a_due_time_reads_in_the_customers_zone(zone: str, said: str) -> None:
    assert absolute(datetime(2026, 11, 24, 13, 5, tzinfo=UTC), zone, NOW) == said


def test_a_due_time_of_next_week_has_its_date() -> None:
    assert absolute(NOW + timedelta(days=7), "UTC", NOW) == "Tue 1 Dec, 12:00 UTC"


@given(st.text())
def test_any_zone_that_a_browser_sends_is_survived(zone: str) -> None:
    assert known_zone(zone)


def promise(response_class: str) -> Promise:
    return Promise(
        response_class=ResponseClass(response_class),
        starts_at=NOW,
        respond_by=NOW + timedelta(hours=2),
        target_minutes=120,
        calendar=CalendarName(id="always", name="Around the clock", zone="UTC"),
        reasons=(Reason(code="paid", text="You bought an incident for this ticket."),),
    )


@pytest.mark.parametrize("response_class", ["premium", "standard"])
def test_the_acknowledgement_says_by_when_and_why_in_both_parts(response_class: str) -> None:
    letter = letters.acknowledgement(1001, promise(response_class), "Europe/Berlin", NOW, URL)
    for part in (letter.text(), letter.html()):
        assert "A person answers by Tue 15:00 CET." in part
        assert "You bought an incident for this ticket." in part
        assert URL in part
    assert "Tue 15:00 CET" in letter.subject
    assert "#1001" in letter.subject


def test_what_an_agent_writes_runs_nowhere_in_the_html_part() -> None:
    letter = letters.answer(1001, Step.ANSWER, "<i>Ana</i>", "<script>alert(1)</script>\n& more", "a < b", URL)
    assert "<script>" not in letter.html()
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in letter.html()
    assert "> <script>alert(1)</script>\n> & more" in letter.text()


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
    message = written(mail(), "Premium Support <support@example.test>")
    assert message["Message-ID"] == "<mail_2@example.test>"
    assert message["In-Reply-To"] == "<mail_1@example.test>"
    assert message["References"] == "<mail_0@example.test> <mail_1@example.test>"
    assert message["Reply-To"] == "Premium Support <support@example.test>"
    assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]


@pytest.mark.parametrize("field", ["subject", "to_address", "message_id"])
def test_a_line_break_makes_no_new_header(field: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - each field is refused in its own words
        written(mail(**{field: "Jo\r\nBcc: all@example.com"}), "Premium Support <support@example.test>").as_bytes()


def test_the_pauses_between_attempts_grow_and_stay_below_a_minute() -> None:
    pauses = [pause_before(attempt) for attempt in range(1, 30)]
    assert pauses == sorted(pauses)
    assert pauses[-1] <= timedelta(seconds=60)


def test_a_customers_message_makes_it_our_turn_in_every_state_but_canceled() -> None:
    for state in State:
        turn = after_customer_message(state)
        if state is State.CANCELED:
            assert turn is None
        else:
            assert turn is not None
            assert turn.state is State.OPEN
            assert turn.reopens == (state in (State.RESOLVED, State.CLOSED))

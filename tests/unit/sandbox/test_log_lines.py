"""What the terminal shows of a part's log."""

import json
from datetime import UTC, datetime
from typing import Any

from sandbox.log_lines import short

AT = datetime(2026, 11, 25, 9, 20, 55, tzinfo=UTC)
CLOCK = f"{AT.astimezone():%H:%M:%S}"


def told(event: str, level: str = "info", **facts: Any) -> str:
    return json.dumps({"event": event, "level": level, "timestamp": AT.isoformat(), "service": "queue", **facts})


def test_a_request_is_one_short_line_without_anything_secret() -> None:
    line = told(
        "request", method="POST", route="/desk/<ticket_id>/answer", status=303, ms=85.6, caller="ana", live=False
    )
    assert short("queue-web", line) == f"{CLOCK} queue POST /desk/…/answer 303 86 ms ana"


def test_nobody_called_and_no_route_is_said_so() -> None:
    line = told("request", method="GET", route="none", status=404, ms=2.0, caller=None)
    assert short("billing-web", line) == f"{CLOCK} billing GET (no such address) 404 2 ms"


def test_what_a_page_asks_by_itself_is_left_out() -> None:
    line = told("request", method="GET", route="/desk/lists", status=200, ms=1, caller="ana", live=True)
    assert short("queue-web", line) is None


def test_good_news_of_what_runs_once_are_left_out_and_bad_ones_are_not() -> None:
    assert short("billing-migrate", told("Running upgrade"), once=True) is None
    bad = short("billing-migrate", told("no lock within 5 s", "warning", table="orders"), once=True)
    assert bad == f"{CLOCK} billing-migrate WARNING no lock within 5 s table=orders"


def test_what_happens_in_a_worker_is_told_with_its_facts() -> None:
    line = told("mail sent", mail_id="mail_1", kind="answer", request_id="req_1")
    assert short("queue-worker", line) == f"{CLOCK} queue-worker mail sent mail_id=mail_1 kind=answer"


def test_an_error_keeps_its_trace() -> None:
    shown = short("queue-web", told("unexpected error", "error", exception="Traceback ...\nValueError: no"))
    assert shown == f"{CLOCK} queue ERROR unexpected error\nTraceback ...\nValueError: no"


def test_words_that_are_no_log_line_stand_as_they_are() -> None:
    assert short("postgres", "LOG:  starting") == "postgres LOG:  starting"
    assert short("stripe", '"a string"') == 'stripe "a string"'
    assert short("stripe", "[1]") == "stripe [1]"
    assert short("stripe", "") is None

"""Logs are one JSON object a line, carry the request's id, and never a secret."""

import json
import logging
from collections.abc import Callable, Iterator
from io import StringIO
from typing import Any, cast

import pytest
import structlog

from shared import telemetry
from shared.telemetry import bound_request_id, configure_logging, get_logger, request_id

Lines = Callable[[], list[dict[str, Any]]]


@pytest.fixture
def lines() -> Iterator[Lines]:
    """What a service has logged."""
    root, written = logging.getLogger(), StringIO()
    handlers, level = root.handlers[:], root.level
    structlog.contextvars.clear_contextvars()  # what a request of another test left
    configure_logging("billing")
    cast("logging.StreamHandler[Any]", root.handlers[0]).setStream(written)
    yield lambda: [json.loads(line) for line in written.getvalue().splitlines()]
    root.handlers[:], root.level = handlers, level
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()


def test_a_line_says_what_happened_when_and_in_which_service(lines: Lines) -> None:
    get_logger().info("order settled", order_id="ord_1")
    [line] = lines()
    assert (line["event"], line["order_id"], line["service"], line["level"]) == (
        "order settled",
        "ord_1",
        "billing",
        "info",
    )
    assert line["timestamp"].endswith("Z")


def test_libraries_log_in_the_same_shape_and_with_the_same_request_id(lines: Lines) -> None:
    with bound_request_id("req_1"):
        logging.getLogger("some.library").warning("took %s tries", 3)
    [line] = lines()
    assert (line["event"], line["request_id"], line["service"]) == ("took 3 tries", "req_1", "billing")


@pytest.mark.parametrize(
    "name",
    ["client_secret", "Password", "access_token", "Authorization", "api_key", "cookie", "ticket_link", "lease_token"],
)
def test_a_secret_is_not_logged_wherever_it_stands(lines: Lines, name: str) -> None:
    get_logger().info(
        "refused", **{name: "hunter2"}, facts={name: "hunter2", "deep": [{name: ["hunter2"]}]}, kept="seen"
    )
    [line] = lines()
    assert "hunter2" not in json.dumps(line)
    assert line["facts"]["deep"] == [{name: "[redacted]"}]
    assert line["kept"] == "seen"


def test_redacting_leaves_the_facts_of_a_refusal_as_they_were(lines: Lines) -> None:
    facts = {"token": "hunter2", "ticket_id": "tkt_1"}
    get_logger().info("refused", facts=facts)
    assert facts == {"token": "hunter2", "ticket_id": "tkt_1"}
    assert lines()[0]["facts"] == {"token": "[redacted]", "ticket_id": "tkt_1"}


def test_the_trace_of_a_bug_stands_in_its_line(lines: Lines) -> None:
    get_logger().error("unexpected error", exc_info=ZeroDivisionError("the bug"))
    [line] = lines()
    assert "ZeroDivisionError: the bug" in line["exception"]


def test_all_that_is_done_for_a_request_carries_its_id_and_what_follows_does_not(lines: Lines) -> None:
    with bound_request_id("req_1"):
        assert request_id() == "req_1"
        with bound_request_id("req_2"):
            get_logger().info("inside")
        get_logger().info("outside")
    assert [line["request_id"] for line in lines()] == ["req_2", "req_1"]
    assert request_id() not in {"req_1", request_id()}


def test_work_that_nobody_asked_for_gets_an_id_of_its_own() -> None:
    with bound_request_id(None) as made:
        assert made.startswith("req_")
        assert request_id() == made


@pytest.mark.usefixtures("lines")
def test_a_person_can_read_the_log_on_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging("billing", "console")
    get_logger().info("order settled", order_id="ord_1", token="hunter2")
    written = capsys.readouterr().out
    assert "order settled" in written
    assert "ord_1" in written
    assert "hunter2" not in written


@pytest.mark.usefixtures("lines")
def test_the_trace_of_a_bug_on_a_terminal_shows_no_value_of_a_variable(capsys: pytest.CaptureFixture[str]) -> None:
    def fails(words: str) -> None:
        raise ZeroDivisionError(len(words))

    configure_logging("billing", "console")
    try:
        fails("2retnuh"[::-1])
    except ZeroDivisionError as error:
        get_logger().error("unexpected error", exc_info=error)
    written = capsys.readouterr().out
    assert "ZeroDivisionError" in written
    assert "hunter2" not in written


def test_noise_below_a_warning_of_the_libraries_is_not_logged(lines: Lines) -> None:
    logging.getLogger("urllib3.connectionpool").info("GET https://host/t/the-link")
    assert lines() == []


@pytest.mark.parametrize("metric", [telemetry.REQUESTS, telemetry.PEER_CALLS])
def test_no_metric_is_split_by_something_that_grows_with_customers(metric: Any) -> None:
    assert not {"path", "ticket", "email", "request_id", "account"} & set(metric._labelnames)

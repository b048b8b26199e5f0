"""What supervisors read: promises kept, with what they are counted from."""

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from services.queue.reports.report import KeptPromises
from tests.support.queue import Queue, queue_service

PAGE = "/reports/promises"


@pytest.fixture
def queue(databases: Any) -> Iterator[Queue]:
    with queue_service(databases) as service:
        yield service


def due(queue: Queue, ago: timedelta, answered: timedelta | None = None, **more: Any) -> str:
    """A ticket whose promise was due so long ago; `answered`: so long after that (negative: before)."""
    ticket = queue.open_premium() if more.get("premium") else queue.open()
    queue.write("update tickets set respond_by = now() - :ago where id = :i", i=ticket.id, ago=ago)
    if answered is not None:
        queue.write(
            "update tickets set first_responded_at = respond_by + :after where id = :i", i=ticket.id, after=answered
        )
    return ticket.id


def rows(queue: Queue) -> list[list[str]]:
    page = queue.desk("Sofia", "supervisor").get(PAGE).text
    body = page.partition("<tbody>")[2].partition("</tbody>")[0]
    return [re.findall(r"<td[^>]*>(.*?)</td>", row) for row in body.split("<tr>")[1:]]


def test_each_promise_that_was_due_is_counted_once_and_the_share_names_its_denominator(queue: Queue) -> None:
    hour = timedelta(hours=1)
    for _ in range(2):
        due(queue, hour, -hour)
    due(queue, hour, hour)
    due(queue, hour)
    due(queue, hour, -hour, premium=True)
    assert rows(queue) == [
        ["premium", "1", "1", "0", "0", "100 % of 1"],
        ["standard", "4", "2", "1", "1", "50 % of 4"],
    ]


def test_what_is_not_due_yet_was_due_long_ago_or_was_canceled_before_an_answer_is_not_counted(queue: Queue) -> None:
    due(queue, -timedelta(hours=1))
    due(queue, timedelta(days=31))
    canceled = due(queue, timedelta(hours=1))
    queue.write("update tickets set state = 'canceled', ended_at = now(), queued = false where id = :i", i=canceled)
    assert rows(queue) == []
    assert "No promise was due in the last 30 days." in queue.desk("Sofia", "supervisor").get(PAGE).text


def test_a_missed_promise_never_shows_as_all_kept() -> None:
    nearly = KeptPromises(class_id="x", rank=1, names={}, in_time=999, late=1, open_late=0)
    assert (nearly.percent, nearly.name("de")) == (99, "x")


def test_supervisors_find_it_from_the_desk_and_agents_may_not_read_it(queue: Queue) -> None:
    assert f'href="{PAGE}"' in queue.desk("Sofia", "supervisor").get("/desk").text
    assert f'href="{PAGE}"' not in queue.desk().get("/desk").text
    assert queue.desk().get(PAGE).status_code == 403

"""What a sent mail told is forgotten after its days; that it was told is not."""

from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa

from services.queue.mail_out.tables import outbound_mails
from shared.retention import forget_old
from tests.support.queue import Queue, queue_service


@pytest.fixture
def queue(databases: Any) -> Iterator[Queue]:
    with queue_service(databases) as service:
        yield service


def test_what_an_old_mail_told_goes_and_its_row_stays_and_what_waits_is_whole(queue: Queue) -> None:
    sent, waiting, young = (queue.open().id for _ in range(3))
    long_ago = "update outbound_mails set due_at = null, sent_at = now() - interval '{} days' where ticket_id = :t"
    queue.write(long_ago.format(100), t=sent)
    queue.write(long_ago.format(10), t=young)

    assert forget_old(queue.context.db, queue.context.retention)
    assert forget_old(queue.context.db, queue.context.retention), "a second run finds nothing and ends"

    told = {row.ticket_id: row.parameters for row in queue.rows(sa.select(outbound_mails))}
    assert told.keys() == {sent, waiting, young}
    assert told[sent] == {}
    assert told[waiting]
    assert told[young]

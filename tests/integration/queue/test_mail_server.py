"""Mail over real SMTP: what the customer's mail program gets, and what happens while the server says later."""

from collections.abc import Iterator
from dataclasses import replace
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from sandbox import mail
from services.queue.gateways.mail import SmtpMailServer
from services.queue.mail_out.tables import outbound_mails
from tests.support.queue import Queue, queue_service


@pytest.fixture
def catcher(tmp_path: Path) -> Iterator[mail.MailCatcher]:
    catcher = mail.start(tmp_path)
    yield catcher
    catcher.stop()


@pytest.fixture
def queue(databases: Any, catcher: mail.MailCatcher) -> Iterator[Queue]:
    with queue_service(databases) as service:
        server = SmtpMailServer(catcher.smtp_url, service.context.settings.mail_from)
        service.context = replace(service.context, mail=server)
        yield service


def states(queue: Queue) -> list[str]:
    rows = queue.rows(sa.select(outbound_mails.c.sent_at, outbound_mails.c.due_at))
    return ["sent" if row.sent_at and not row.due_at else "pending" if row.due_at else "parked" for row in rows]


def test_the_acknowledgement_arrives_with_both_parts_and_can_be_answered(
    queue: Queue, catcher: mail.MailCatcher
) -> None:
    ticket = queue.open(email="joerg@bücher.example.com", name="Jörg Müller, Berlin")
    queue.sweep("sweep_mails")
    assert states(queue) == ["sent"], queue.rows(sa.select(outbound_mails.c.last_error))
    [message] = catcher.messages()
    assert "A person answers by" in message.text
    assert queue.path(ticket) in message.text
    assert queue.path(ticket) in message.html
    assert message.header("reply-to") == "Premium Support <support@example.test>"
    assert message.header("to") == "joerg@xn--bcher-kva.example.com"
    assert ticket.subject not in message.text + message.subject, "the address may belong to somebody who wrote nothing"


@pytest.mark.parametrize(
    "name", ["=?utf-8?q?x=0D=0ABcc:_all@example.com?=", "=?utf-8?b?DQpCY2M6IGFsbEBleGFtcGxlLmNvbQ==?="]
)
def test_a_name_that_hides_line_ends_adds_no_header(queue: Queue, catcher: mail.MailCatcher, name: str) -> None:
    queue.open(name=name, subject=name)
    queue.sweep("sweep_mails")
    assert states(queue) == ["sent"]
    [message] = catcher.messages()
    assert "Bcc" not in message_from_bytes(httpx.get(f"{catcher.url}/messages/{message.id}/raw").content)
    assert message.header("to") == "jo@acme.example.com"


def test_the_server_says_later_and_the_mail_waits_then_leaves_under_the_same_message_id(
    queue: Queue, catcher: mail.MailCatcher
) -> None:
    queue.open()
    catcher.refuse()
    queue.sweep("sweep_mails")
    assert states(queue) == ["pending"]
    catcher.refuse(refusing=False)
    queue.let_time_pass("outbound_mails")
    queue.sweep("sweep_mails")
    assert states(queue) == ["sent"]
    [message] = catcher.messages()
    [stored] = queue.rows(sa.select(outbound_mails.c.rfc_message_id))
    assert message.header("message-id") == stored.rfc_message_id


def test_nobody_listens_and_the_mail_waits(queue: Queue) -> None:
    nobody = SmtpMailServer("smtp://127.0.0.1:1", queue.context.settings.mail_from)
    queue.context = replace(queue.context, mail=nobody)
    queue.open()
    queue.sweep("sweep_mails")
    assert states(queue) == ["pending"]


def test_the_mail_is_well_formed(queue: Queue, catcher: mail.MailCatcher) -> None:
    queue.open(subject="Ä" * 200)
    queue.sweep("sweep_mails")
    [message] = catcher.messages()
    raw = httpx.get(f"{catcher.url}/messages/{message.id}/raw").content
    parsed = message_from_bytes(raw, policy=policy.default)
    assert parsed.defects == []
    assert parsed["auto-submitted"] == "auto-generated"

"""Mail over real SMTP: what the customer's mail program gets, and what happens while the server says later."""

import smtplib
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from sandbox import mail
from services.queue.gateways.mail import DEADLINE_S, Mail, MailServerUnavailable, SmtpMailServer, _PunctualSmtp
from services.queue.mail_out.store import WORK
from services.queue.mail_out.tables import outbound_mails
from tests.support import web
from tests.support.queue import Queue, queue_service

MAIL = Mail(
    message_id="<mail_1@example.test>",
    to_address="jo@example.com",
    subject="An answer",
    text="Hello",
    html="<p>Hello</p>",
    references=(),
)


@pytest.fixture
def catcher(tmp_path: Path) -> Iterator[mail.MailCatcher]:
    catcher = mail.start(tmp_path)
    yield catcher
    catcher.stop()


@pytest.fixture
def queue(databases: Any, catcher: mail.MailCatcher) -> Iterator[Queue]:
    with queue_service(databases) as service:
        server = SmtpMailServer(catcher.smtp_url, service.context.settings.mail_from, tls=False)
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
    assert queue.mailed(ticket) in message.text
    assert queue.mailed(ticket) in message.html
    assert message.header("reply-to") == "Premium Support <support@example.test>"
    assert message.header("to") == "joerg@xn--bcher-kva.example.com"
    assert ticket.subject not in message.text, "the address may belong to somebody who wrote nothing"
    assert message.subject == f"Payments fail (#{ticket.number})"


@pytest.mark.parametrize(
    "name", ["=?utf-8?q?x=0D=0ABcc:_all@example.com?=", "=?utf-8?b?DQpCY2M6IGFsbEBleGFtcGxlLmNvbQ==?="]
)
def test_a_name_that_hides_line_ends_adds_no_header(queue: Queue, catcher: mail.MailCatcher, name: str) -> None:
    queue.open(name=name, subject=name)
    queue.sweep("sweep_mails")
    assert states(queue) == ["sent"]
    [message] = catcher.messages()
    assert "Bcc" not in message_from_bytes(web.get(f"{catcher.url}/messages/{message.id}/raw").content)
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
    nobody = SmtpMailServer("smtp://127.0.0.1:1", queue.context.settings.mail_from, tls=False)
    queue.context = replace(queue.context, mail=nobody)
    queue.open()
    queue.sweep("sweep_mails")
    assert states(queue) == ["pending"]


@pytest.fixture
def dripping() -> Iterator[str]:
    """A mail server that never falls silent and never comes to an end."""
    ended = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def drip() -> None:
            connection, _ = listening.accept()
            with connection, suppress(OSError):
                while not ended.wait(0.05):
                    connection.sendall(b"2")

        threading.Thread(target=drip, daemon=True).start()
        yield f"smtp://127.0.0.1:{listening.getsockname()[1]}"
        ended.set()


def test_a_server_that_drips_its_words_is_given_up_on_in_time(dripping: str) -> None:
    server = SmtpMailServer(dripping, "Premium Support <support@example.test>", tls=False, deadline_s=0.5)
    began = time.monotonic()
    with pytest.raises(MailServerUnavailable):
        server.send(MAIL)
    assert time.monotonic() - began < 2


def test_the_work_of_a_mail_may_take_longer_than_the_server_is_given() -> None:
    assert timedelta(seconds=DEADLINE_S) < WORK.longest


def test_a_goodbye_that_goes_wrong_does_not_take_the_mail_back(catcher: mail.MailCatcher) -> None:
    class Rude(_PunctualSmtp):
        def quit(self) -> tuple[int, bytes]:
            raise smtplib.SMTPServerDisconnected

    server = SmtpMailServer(catcher.smtp_url, "Premium Support <support@example.test>", tls=False)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("services.queue.gateways.mail._PunctualSmtp", Rude)
        server.send(MAIL)
    assert len(catcher.messages()) == 1


def test_what_is_stored_of_a_mail_holds_no_link_and_no_stranger_words(queue: Queue) -> None:
    ticket = queue.open(subject="Secret")
    [row] = queue.rows(sa.select(outbound_mails))
    assert queue.mailed(ticket).rpartition(".")[2] not in str(row._mapping)
    assert "Secret" not in str(row._mapping)


def test_each_repetition_reads_the_same_and_says_what_was_promised_then(
    queue: Queue, catcher: mail.MailCatcher
) -> None:
    ticket = queue.open()
    queue.sweep("sweep_mails")
    queue.decide(ticket.id, premium=True, sequence=2)
    queue.write("update outbound_mails set due_at = now() where kind = 'acknowledgement'")
    queue.sweep("sweep_mails")
    first, *_ = acknowledgements = [one for one in catcher.messages() if "We have your message" in one.text]
    assert len(acknowledgements) == 2
    assert {(one.text, one.html, one.subject) for one in acknowledgements} == {(first.text, first.html, first.subject)}


def test_the_mail_is_well_formed(queue: Queue, catcher: mail.MailCatcher) -> None:
    queue.open(subject="Ä" * 200)
    queue.sweep("sweep_mails")
    [message] = catcher.messages()
    raw = web.get(f"{catcher.url}/messages/{message.id}/raw").content
    parsed = message_from_bytes(raw, policy=policy.default)
    assert parsed.defects == []
    assert parsed["auto-submitted"] == "auto-generated"

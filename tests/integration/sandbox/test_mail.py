"""The mail catcher, through its own doors: SMTP in, pages and JSON out."""

import os
import smtplib
import stat
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

from sandbox import mail
from tests.support import web


@pytest.fixture
def catcher(tmp_path: Path) -> Iterator[mail.MailCatcher]:
    catcher = mail.start(tmp_path)
    yield catcher
    catcher.stop()


def send(catcher: mail.MailCatcher, *, to: str = "jo@acme.test", html: str = "", **headers: str) -> None:
    message = EmailMessage()
    message["From"] = "Premium Support <support@example.test>"
    message["To"] = to
    message["Subject"] = headers.pop("subject", "We have it: a person answers by 14:05")
    for name, value in headers.items():
        message[name.replace("_", "-")] = value
    message.set_content("What now? See http://127.0.0.1:8003/t/abc.\n\n<b>Grüße</b>")
    if html:
        message.add_alternative(html, subtype="html")
    with smtplib.SMTP("127.0.0.1", catcher.smtp.port) as server:
        server.send_message(message)


def test_a_mail_is_shown_as_it_was_sent(catcher: mail.MailCatcher) -> None:
    send(catcher, Message_ID="<tkt_1@example.test>", html="<p>What now?</p>")

    [message] = catcher.messages()
    assert message.recipients == ("jo@acme.test",)
    assert message.subject == "We have it: a person answers by 14:05"
    assert "Grüße" in message.text
    assert message.html.strip() == "<p>What now?</p>"
    assert message.header("message-id") == "<tkt_1@example.test>"

    page = web.get(f"{catcher.url}/messages/{message.id}").text
    assert '<a href="http://127.0.0.1:8003/t/abc" ' in page
    assert "&lt;b&gt;Grüße" in page
    assert "<iframe" in page
    assert "Message-ID: <tkt_1@example.test>" in web.get(f"{catcher.url}/messages/{message.id}/raw").text


def test_scripts_read_the_mails_of_one_address_newest_first(catcher: mail.MailCatcher) -> None:
    for to, subject in (("jo@acme.test", "one"), ("eve@else.test", "two"), ("jo@acme.test", "three")):
        send(catcher, to=to, subject=subject)

    def subjects(**params: str) -> list[str]:
        items: list[dict[str, Any]] = web.get(f"{catcher.url}/api/messages", params=params).json()["items"]
        return [item["subject"] for item in items]

    assert subjects() == ["three", "two", "one"]
    assert subjects(to="Jo@Acme.test") == ["three", "one"]


def test_the_html_of_a_mail_can_run_nothing(catcher: mail.MailCatcher) -> None:
    send(catcher, html="<script>alert(1)</script><img src=https://spy.test/x>")

    [message] = catcher.messages()
    policy = web.get(f"{catcher.url}/messages/{message.id}/html").headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "sandbox" in policy
    assert "allow-scripts" not in policy


def test_mail_is_refused_for_now_when_a_test_asks_for_it(catcher: mail.MailCatcher) -> None:
    web.Visitor(catcher.url).put("/api/refusing", json={"refusing": True})
    with pytest.raises(smtplib.SMTPDataError) as refusal:
        send(catcher)
    assert refusal.value.smtp_code == 451

    web.Visitor(catcher.url).put("/api/refusing", json={"refusing": False})
    send(catcher)
    assert len(catcher.messages()) == 1


def test_a_restart_keeps_the_mails_and_clear_forgets_them(tmp_path: Path) -> None:
    first = mail.start(tmp_path)
    send(first, subject="kept")
    first.stop()

    second = mail.start(tmp_path)
    try:
        assert [message.subject for message in second.messages()] == ["kept"]
        assert web.post(f"{second.url}/clear", follow=True).status_code == 200
        assert second.messages() == []
        assert "No mail yet" in web.get(second.url).text
    finally:
        second.stop()


def test_another_site_cannot_clear_the_mails(catcher: mail.MailCatcher) -> None:
    send(catcher)
    answer = web.post(f"{catcher.url}/clear", headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 403
    assert len(catcher.messages()) == 1


@pytest.mark.parametrize("path", ["/messages/0000000000000-0000", "/messages/..%2f..%2fetc", "/messages/x/html"])
def test_a_mail_that_is_not_there_says_so(catcher: mail.MailCatcher, path: str) -> None:
    assert web.get(catcher.url + path).status_code == 404


def test_only_their_owner_reads_the_mails_on_disk(tmp_path: Path) -> None:
    """They hold the links that open tickets."""
    folder = tmp_path / "mail"
    folder.mkdir(mode=0o755)
    before = os.umask(0)
    try:
        catcher = mail.start(tmp_path)
        send(catcher)
        catcher.stop()
    finally:
        os.umask(before)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert [stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()] == [0o600]

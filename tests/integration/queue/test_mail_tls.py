"""Mail leaves encrypted, to the server that its certificate names, or it waits; a password is never readable."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

from services.queue.config import Settings
from services.queue.gateways.mail import Mail, MailServerUnavailable, MailServerWithoutTls, SmtpMailServer
from shared.env import Env, SettingsError
from shared.errors import RETRY_JOB
from tests.support.declared import variables
from tests.support.free_ports import free_port
from tests.support.tls import Authority

FROM = "Premium Support <support@example.test>"
MAIL = Mail(
    message_id="<mail_1@example.test>",
    to_address="jo@example.com",
    subject="An answer",
    text="Hello",
    html="<p>Hello</p>",
    references=(),
)


class Post:
    """A mail server, and what it has heard."""

    def __init__(self, **options: Any) -> None:
        self.passwords: list[bytes] = []
        self.senders: list[str] = []
        at_once = options.pop("at_once", None)
        self.controller = Controller(
            self,
            hostname="127.0.0.1",
            port=free_port(),
            ssl_context=at_once,
            authenticator=self._authenticate,
            auth_require_tls=False,
            **options,
        )
        self.place = f"127.0.0.1:{self.controller.port}"

    def _authenticate(self, _server: Any, _session: Any, _envelope: Any, _mechanism: str, data: Any) -> AuthResult:
        self.passwords.append(data.password)
        return AuthResult(success=True)

    async def handle_MAIL(  # noqa: N802 - aiosmtpd finds it by this name
        self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any
    ) -> str:
        self.senders.append(address)
        envelope.mail_from = address
        return "250 OK"

    async def handle_DATA(self, *_: Any) -> str:  # noqa: N802 - as above
        return "250 OK"


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("tls"))


@pytest.fixture
def trusted(authority: Authority, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.file))


@pytest.fixture
def post() -> Iterator[Callable[..., Post]]:
    running = []

    def start(**options: Any) -> Post:
        one = Post(**options)
        with suppress(TimeoutError, OSError):  # its own first greeting fails where TLS comes first
            one.controller.start()
        running.append(one)
        return one

    yield start
    for one in running:
        one.controller.stop()


@pytest.mark.usefixtures("trusted")
def test_a_server_without_starttls_hears_neither_the_password_nor_the_mail(post: Callable[..., Post]) -> None:
    server = post()
    with pytest.raises(MailServerWithoutTls, match="offers no STARTTLS"):
        SmtpMailServer(f"smtp://me:geheim@{server.place}", FROM).send(MAIL)
    assert server.passwords == []
    assert server.senders == []
    assert RETRY_JOB[MailServerWithoutTls.kind], "the mail waits: the server may be mended"


@pytest.mark.usefixtures("trusted")
def test_a_mail_leaves_by_starttls_with_the_password(post: Callable[..., Post], authority: Authority) -> None:
    server = post(tls_context=authority.server_context("127.0.0.1"), require_starttls=True)
    SmtpMailServer(f"smtp://me:geheim@{server.place}", FROM).send(MAIL)
    assert server.passwords == [b"geheim"]
    assert server.senders == ["support@example.test"]


@pytest.mark.usefixtures("trusted")
def test_a_mail_leaves_by_a_connection_that_is_encrypted_from_the_first_byte_on(
    post: Callable[..., Post], authority: Authority
) -> None:
    server = post(at_once=authority.server_context("127.0.0.1"))
    SmtpMailServer(f"smtps://me:geheim@{server.place}", FROM).send(MAIL)
    assert server.passwords == [b"geheim"]
    assert server.senders == ["support@example.test"]


@pytest.mark.parametrize("scheme", ["smtp", "smtps"])
@pytest.mark.parametrize(("trusts", "host"), [(True, "mail.example.com"), (False, "127.0.0.1")])
def test_a_certificate_of_another_host_or_of_nobody_we_know_is_no_certificate(
    post: Callable[..., Post],
    authority: Authority,
    monkeypatch: pytest.MonkeyPatch,
    scheme: str,
    host: str,
    *,
    trusts: bool,
) -> None:
    if trusts:
        monkeypatch.setenv("SSL_CERT_FILE", str(authority.file))
    context = authority.server_context(host)
    server = post(at_once=context) if scheme == "smtps" else post(tls_context=context)
    with pytest.raises(MailServerWithoutTls, match="No encrypted connection to the mail server: "):
        SmtpMailServer(f"{scheme}://me:geheim@{server.place}", FROM).send(MAIL)
    assert server.passwords == []
    assert server.senders == []


@pytest.mark.usefixtures("trusted")
def test_a_server_that_speaks_plainly_where_tls_is_expected_is_a_server_without_it(post: Callable[..., Post]) -> None:
    server = post()
    with pytest.raises(MailServerUnavailable):
        SmtpMailServer(f"smtps://me:geheim@{server.place}", FROM, deadline_s=2).send(MAIL)
    assert server.passwords == []


def test_only_the_host_that_is_named_gets_mail_unencrypted(post: Callable[..., Post]) -> None:
    server = post()
    SmtpMailServer(f"smtp://{server.place}", FROM, tls=False).send(MAIL)
    assert server.senders == ["support@example.test"]


def settings(url: str, plain: str = "") -> Settings:
    return Settings.read(Env(variables("queue") | {"SMTP_URL": url, "SMTP_PLAIN_HOST": plain}))


def test_tls_is_required_unless_the_settings_name_this_very_host() -> None:
    assert settings("smtp://mail.example.com:587").smtp_tls
    assert settings("smtp://mail.example.com:587", "127.0.0.1").smtp_tls
    assert not settings("smtp://127.0.0.1:1025", "127.0.0.1").smtp_tls
    assert settings("smtps://127.0.0.1:465", "127.0.0.1").smtp_tls


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("smtp://me:geheim@127.0.0.1:25", "SMTP_PLAIN_HOST would get the password"),
        ("smtp://me@127.0.0.1:25", "SMTP_PLAIN_HOST would get the password"),
        ("http://127.0.0.1:25", "SMTP_URL must begin with smtp:// or smtps://"),
    ],
)
def test_a_password_beside_a_host_without_tls_stops_the_start(url: str, says: str) -> None:
    with pytest.raises(SettingsError, match=says) as refusal:
        settings(url, "127.0.0.1")
    assert "geheim" not in str(refusal.value)

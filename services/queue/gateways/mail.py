"""The mail server, spoken to over SMTP."""

import io
import smtplib
import socket
import ssl
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr
from typing import Any, ClassVar
from urllib.parse import unquote, urlsplit

from shared import clock
from shared.errors import Kind, ServiceError
from shared.language import N_

DEADLINE_S = 20.0
"""For a whole mail, from the connection to the server's yes, however it divides its time."""
_CONNECT_S = 5.0
_GOODBYE_S = 1.0
_PERMANENT = 500
_PORTS = {"smtp": 25, "smtps": 465}


@dataclass(frozen=True, kw_only=True)
class Mail:
    """One mail, ready to send. `references` are the Message-IDs of the ticket's earlier mails, oldest first."""

    message_id: str
    to_address: str
    subject: str
    text: str
    html: str
    references: tuple[str, ...]


class MailServerUnavailable(ServiceError):
    """The mail server does not answer, or says later: the mail waits."""

    kind: ClassVar = Kind.UNAVAILABLE
    code: ClassVar = "mail_server_unavailable"
    title: ClassVar = N_("The mail server does not answer")


class MailServerWithoutTls(MailServerUnavailable):
    """The mail server offers no encryption, or proves by no good certificate that it is the one: the mail waits."""

    code: ClassVar = "mail_server_without_tls"
    title: ClassVar = N_("The connection to the mail server cannot be encrypted")


class MailRefused(ServiceError):
    """The mail server refused this mail for good."""

    kind: ClassVar = Kind.REFUSED
    code: ClassVar = "mail_refused"
    title: ClassVar = N_("The mail server refused the mail")


def as_message(mail: Mail, mail_from: str) -> EmailMessage:
    """The mail as RFC 5322 has it. Answers go to the same address, at which a person reads; it is never a no-reply.

    A stranger's words stand in the subject only, and never as an encoded word (`=?utf-8?q?=0D=0A?=`): Python would
    decode it, before 3.11.10 it writes line breaks in it as they are, and whoever wrote it would add headers or a body.
    """
    name, address = parseaddr(mail_from)
    sender = Address(name, addr_spec=address)
    message = EmailMessage()
    message["From"] = sender
    message["To"] = Address(addr_spec=mail.to_address)
    message["Reply-To"] = sender
    message["Subject"] = mail.subject.replace("=?", "= ?")
    message["Date"] = format_datetime(clock.now())
    message["Message-ID"] = mail.message_id
    message["Auto-Submitted"] = "auto-generated"
    if mail.references:
        message["In-Reply-To"] = mail.references[-1]
        message["References"] = " ".join(mail.references)
    message.set_content(mail.text)
    message.add_alternative(mail.html, subtype="html")
    return message


class _PunctualReader(io.RawIOBase):
    """Reads from a socket until a moment, however slowly the bytes drip."""

    def __init__(self, sock: socket.socket, left: Callable[[], float]) -> None:
        self._sock, self._left = sock, left

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        self._sock.settimeout(self._left())
        return self._sock.recv_into(buffer)


class _PunctualSmtp(smtplib.SMTP):
    """SMTP with one deadline for everything. smtplib's own time-out begins anew with each byte that arrives."""

    def __init__(self, host: str, port: int, seconds: float, tls: ssl.SSLContext | None) -> None:
        self.ends = time.monotonic() + seconds
        self._tls = tls  # from the first byte on
        super().__init__(host, port, timeout=min(_CONNECT_S, seconds))

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        """As smtplib.SMTP_SSL has it; that is another base class."""
        plain = socket.create_connection((host, port), timeout)
        return plain if self._tls is None else self._tls.wrap_socket(plain, server_hostname=host)

    def left(self) -> float:
        """Seconds that are left. Raises TimeoutError when none are."""
        seconds = self.ends - time.monotonic()
        if seconds <= 0:
            raise TimeoutError("The mail server takes too long.")
        return seconds

    def send(self, s: Any) -> None:
        if self.sock is not None:
            self.sock.settimeout(self.left())
        super().send(s)

    def getreply(self) -> tuple[int, bytes]:
        if self.file is None and self.sock is not None:
            self.file = io.BufferedReader(_PunctualReader(self.sock, self.left))
        return super().getreply()


class SmtpMailServer:
    """One connection for each mail. `url` is smtp[s]://[user:password@]host[:port].

    `smtps` is encrypted from the first byte on; `smtp` by STARTTLS before anything is said, or not without `tls`.
    The certificate must be good and the host's own: what is in the mails opens tickets.
    """

    def __init__(self, url: str, mail_from: str, *, tls: bool = True, deadline_s: float = DEADLINE_S) -> None:
        parts = urlsplit(url)
        self._host, self._port = parts.hostname or "localhost", parts.port or _PORTS[parts.scheme]
        self._user, self._password = unquote(parts.username or ""), unquote(parts.password or "")
        self._mail_from = mail_from
        self._deadline_s = deadline_s
        self._tls = ssl.create_default_context() if tls else None
        self._at_once = parts.scheme == "smtps"

    def send(self, mail: Mail) -> None:
        """Returns when the server has taken it: only its 250 after the whole mail counts.

        Raises MailServerUnavailable or MailRefused.
        """
        try:
            message = as_message(mail, self._mail_from)
            server = _PunctualSmtp(self._host, self._port, self._deadline_s, self._tls if self._at_once else None)
            try:
                self._hand_over(server, message)
            finally:
                server.close()
        except ssl.SSLError as error:  # first: a certificate that is not good is a ValueError as well
            why = getattr(error, "verify_message", None) or error.reason or str(error)
            raise MailServerWithoutTls(N_("No encrypted connection to the mail server: %(why)s."), why=why) from error
        except smtplib.SMTPRecipientsRefused as error:
            code, said = next(iter(error.recipients.values()))
            raise _refusal(code, said) from error
        except smtplib.SMTPResponseException as error:
            raise _refusal(error.smtp_code, error.smtp_error) from error
        except (smtplib.SMTPNotSupportedError, ValueError) as error:
            raise MailRefused(
                N_("The mail cannot be written so that this server takes it: %(why)s"), why=str(error)
            ) from error
        except (smtplib.SMTPException, OSError) as error:
            raise MailServerUnavailable(
                N_("The mail server does not answer (%(why)s)."), why=type(error).__name__
            ) from error

    def _hand_over(self, server: _PunctualSmtp, message: EmailMessage) -> None:
        server.ehlo_or_helo_if_needed()
        if self._tls is not None and not self._at_once:
            if not server.has_extn("starttls"):
                raise MailServerWithoutTls(
                    N_("The mail server offers no STARTTLS. Name a port that has it in SMTP_URL, or one with smtps://.")
                )
            server.starttls(context=self._tls)
        if self._user:
            server.login(self._user, self._password)
        server.send_message(message)
        # It is taken; whatever the server makes of our goodbye changes nothing.
        server.ends = min(server.ends, time.monotonic() + _GOODBYE_S)
        with suppress(smtplib.SMTPException, OSError):
            server.quit()


def _refusal(code: int, said: bytes | str) -> MailRefused | MailServerUnavailable:
    words = said.decode(errors="replace") if isinstance(said, bytes) else said
    if code >= _PERMANENT:
        return MailRefused(N_("The mail server refused it: %(said)s"), said=f"{code} {words}")
    return MailServerUnavailable(N_("The mail server says later: %(said)s"), said=f"{code} {words}")

"""The SMTP side: takes every mail, or refuses every mail for now when told to."""

import socket
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from sandbox.mail.mailbox import Mailbox

_LIMIT = 20 * 1024 * 1024


class Intake:
    """What happens to a mail at the end of DATA. `refusing` is the switch of tests: 451, try again later."""

    def __init__(self, mailbox: Mailbox) -> None:
        self._mailbox = mailbox
        self.refusing = False

    async def handle_DATA(  # noqa: N802 - aiosmtpd finds it by this name
        self, _server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        """Answer 250 after the mail is on disk, 451 while refusing."""
        if self.refusing:
            return "451 4.3.2 Refusing mail because somebody asked for it; try again later"
        content = envelope.content or b""
        content = content if isinstance(content, bytes) else content.encode()
        message_id = self._mailbox.add(envelope.mail_from or "", envelope.rcpt_tos, content)
        return f"250 2.0.0 Kept as {message_id}"


class SmtpServer(Controller):
    """aiosmtpd in a thread, on a port that was bound before anybody else could take it."""

    def __init__(self, intake: Intake, port: int = 0) -> None:
        self._listening = socket.create_server(("127.0.0.1", port))
        super().__init__(
            intake,
            hostname="127.0.0.1",
            port=self._listening.getsockname()[1],
            data_size_limit=_LIMIT,
            enable_SMTPUTF8=True,
            server_hostname="mail-catcher.localhost",
        )

    def _create_server(self) -> Any:
        return self.loop.create_server(self._factory_invoker, sock=self._listening)

    @property
    def url(self) -> str:
        """As SMTP_URL wants it."""
        return f"smtp://127.0.0.1:{self.port}"

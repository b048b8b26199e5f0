"""A mail catcher: an SMTP server that delivers nothing, and a page that shows what it got."""

from dataclasses import dataclass
from pathlib import Path

from sandbox.mail.mailbox import Mailbox, Message
from sandbox.mail.smtp import Intake, SmtpServer
from sandbox.mail.web import create_app
from sandbox.pages import HttpServer

__all__ = ["MailCatcher", "Message", "start"]


@dataclass(frozen=True, kw_only=True)
class MailCatcher:
    """A running catcher."""

    mailbox: Mailbox
    intake: Intake
    smtp: SmtpServer
    web: HttpServer

    @property
    def smtp_url(self) -> str:
        """`smtp://127.0.0.1:PORT`."""
        return self.smtp.url

    @property
    def url(self) -> str:
        """The page's address, without a slash at the end."""
        return self.web.url

    def messages(self, to: str | None = None) -> list[Message]:
        """The caught mails, newest first; with `to`, those to one address."""
        return [message for message in self.mailbox.messages() if to is None or to in message.recipients]

    def refuse(self, refusing: bool = True) -> None:  # noqa: FBT001, FBT002 - it is the switch itself
        """Answer each mail with 451, or take mail again."""
        self.intake.refusing = refusing

    def clear(self) -> None:
        """Forget all mails."""
        self.mailbox.clear()

    def stop(self) -> None:
        """Free both ports; the mails stay on disk."""
        self.smtp.stop()
        self.web.stop()


def start(state_dir: str | Path, smtp_port: int = 0, http_port: int = 0) -> MailCatcher:
    """Start both servers in threads of this process; mails are kept below `state_dir`. Port 0 means any free one."""
    mailbox = Mailbox(Path(state_dir) / "mail")
    intake = Intake(mailbox)
    web = HttpServer(app=create_app(mailbox, intake), port=http_port)
    smtp = SmtpServer(intake, smtp_port)
    smtp.start()
    return MailCatcher(mailbox=mailbox, intake=intake, smtp=smtp, web=web.start())

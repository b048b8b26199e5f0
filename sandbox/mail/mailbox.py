"""The caught mails: one file each, as the wire brought them, under the envelope as a mail server would write it."""

import email
import email.policy
import itertools
import os
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from functools import lru_cache
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class Attachment:
    """A file in a mail."""

    name: str
    content_type: str
    content: bytes


@dataclass(frozen=True, kw_only=True)
class Message:
    """One caught mail, read.

    `sender` and `recipients` are the envelope's; what the mail itself claims stands in `headers`, in their order.
    """

    id: str
    received_at: datetime
    sender: str
    recipients: tuple[str, ...]
    headers: tuple[tuple[str, str], ...]
    text: str
    html: str
    attachments: tuple[Attachment, ...]
    raw: bytes

    def header(self, name: str) -> str:
        """The first header of this name, or an empty text."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), "")

    @property
    def subject(self) -> str:
        """The subject line."""
        return self.header("Subject")


class Mailbox:
    """A folder of `<id>.eml` files. Ids grow with time, so that names sort by arrival. Safe between threads."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._folder.mkdir(parents=True, exist_ok=True)
        self._folder.chmod(0o700)  # the links in the mails open tickets; older mails were readable by everybody
        self._lock = threading.Lock()
        self._count = itertools.count()

    def add(self, sender: str, recipients: Iterable[str], content: bytes) -> str:
        """Store a mail for good, and only then return its id."""
        with self._lock:
            message_id = f"{time.time_ns() // 1_000_000:013d}-{next(self._count):04d}"
        envelope = "".join(f"Delivered-To: {recipient}\r\n" for recipient in recipients)
        partial = self._folder / f"{message_id}.partial"
        with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(f"Return-Path: <{sender}>\r\n{envelope}".encode() + content)
        partial.rename(self._folder / f"{message_id}.eml")
        return message_id

    def ids(self) -> list[str]:
        """All ids, newest first."""
        return sorted((path.stem for path in self._folder.glob("*.eml")), reverse=True)

    def messages(self, limit: int | None = None) -> list[Message]:
        """The mails, newest first."""
        found = (self.get(message_id) for message_id in self.ids()[:limit])
        return [message for message in found if message is not None]

    def get(self, message_id: str) -> Message | None:
        """One mail, or None where there is none of this id."""
        if not message_id.replace("-", "").isalnum():
            return None
        try:
            raw = (self._folder / f"{message_id}.eml").read_bytes()
        except FileNotFoundError:
            return None
        return _read(message_id, raw)

    def clear(self) -> None:
        """Forget all mails."""
        for path in self._folder.glob("*.eml"):
            path.unlink(missing_ok=True)


@lru_cache(maxsize=2000)
def _read(message_id: str, raw: bytes) -> Message:
    parsed: EmailMessage = email.message_from_bytes(raw, policy=email.policy.default)
    headers = tuple((name, str(value)) for name, value in parsed.items())
    return Message(
        id=message_id,
        received_at=datetime.fromtimestamp(int(message_id.split("-", maxsplit=1)[0]) / 1000, tz=UTC),
        sender=str(parsed.get("Return-Path", "")).strip("<> "),
        recipients=tuple(value for name, value in headers if name == "Delivered-To"),
        headers=tuple(pair for pair in headers if pair[0] not in {"Return-Path", "Delivered-To"}),
        text=_body(parsed, "plain"),
        html=_body(parsed, "html"),
        attachments=tuple(map(_attachment, parsed.iter_attachments())) if parsed.is_multipart() else (),
        raw=raw,
    )


def _body(parsed: EmailMessage, subtype: str) -> str:
    part = parsed.get_body(preferencelist=(subtype,))
    if part is None:
        return ""
    try:
        return str(part.get_content())
    except (LookupError, UnicodeError):  # a character set that does not exist: show what can be shown
        payload = part.get_payload(decode=True)
        return payload.decode("utf-8", "replace") if isinstance(payload, bytes) else ""


def _attachment(part: EmailMessage) -> Attachment:
    payload = part.get_payload(decode=True)
    return Attachment(
        name=part.get_filename() or "unnamed",
        content_type=part.get_content_type(),
        content=payload if isinstance(payload, bytes) else b"",
    )

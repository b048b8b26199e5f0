"""What is kept of what people type: everything readable, nothing that a database or a mail header cannot hold."""

LONGEST_SUBJECT = 200
LONGEST_TEXT = 20_000
LONGEST_NAME = 100


def plain_text(text: str | None) -> str:
    """Words over several lines: line ends as one sign, without NUL, without blank around."""
    return (text or "").replace("\r\n", "\n").replace("\r", "\n").replace("\0", "").strip()


def one_line(text: str | None) -> str:
    """A name, a subject, a reason: one line, without what only hides or breaks lines."""
    return " ".join("".join(mark if mark.isprintable() else " " for mark in text or "").split())

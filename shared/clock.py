"""The only reader of time: every "now" in the product comes from here."""

from datetime import UTC, datetime


def now() -> datetime:
    """The present moment, aware, in UTC, to the microsecond (what Postgres keeps)."""
    return datetime.now(UTC)

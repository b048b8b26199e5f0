"""How a peer's JSON is read: a peer that is one version older or newer leaves gaps, and never breaks a page."""

from datetime import datetime
from typing import Any


def moment_of(text: Any) -> datetime | None:
    """A time; None where there is none, or what stands there is no time with its zone."""
    try:
        moment = datetime.fromisoformat(text) if text else None
    except (TypeError, ValueError):
        return None
    return moment if moment is not None and moment.tzinfo is not None else None

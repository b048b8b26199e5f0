"""How single fields of Stripe's JSON are read."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

Json = Mapping[str, Any]


def moment_of(seconds: int) -> datetime:
    """A time, which Stripe writes in seconds since 1970."""
    return datetime.fromtimestamp(seconds, UTC)


def id_of(reference: Any) -> str | None:
    """The id of what Stripe names by id, or sends whole where it was asked to expand it."""
    found: str | None = reference["id"] if isinstance(reference, Mapping) else reference
    return found


def whole_of(reference: Any) -> Json | None:
    """The object that Stripe was asked to expand; None where it names the id only, or nothing."""
    return reference if isinstance(reference, Mapping) else None

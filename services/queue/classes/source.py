"""What pays for a promise."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Source:
    """A grant (`kind` is `credit`) or a subscription's period (`coverage`), by its id at entitlements."""

    kind: str
    id: str

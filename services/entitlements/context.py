"""What the use cases of entitlements need from outside, as app.py wires it."""

from collections.abc import Sequence
from dataclasses import dataclass

from services.entitlements.config import Settings
from services.entitlements.policies.policy import Policy
from shared.db import Database
from shared.http import ServiceClient
from shared.retention import Retention


@dataclass(frozen=True, kw_only=True)
class Context:
    """The database, the policy in force and the peers; the same in web and worker processes."""

    settings: Settings
    db: Database
    policy: Policy
    retention: Sequence[Retention]
    peers: dict[str, ServiceClient]

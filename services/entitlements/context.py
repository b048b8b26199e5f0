"""What the use cases of entitlements need from outside, as app.py wires it."""

from dataclasses import dataclass

from services.entitlements.config import Settings
from services.entitlements.policies.policy import Policy
from shared.db import Database
from shared.http import ServiceClient


@dataclass(frozen=True, kw_only=True)
class Context:
    """The database, the policy in force and the peers; the same in web and worker processes."""

    settings: Settings
    db: Database
    policy: Policy
    peers: dict[str, ServiceClient]

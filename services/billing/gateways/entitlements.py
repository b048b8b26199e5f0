"""Entitlements, asked over HTTP: what became of the credits of an order."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from services.billing.gateways.answers import moment_of
from shared.http import PeerUnavailable, ServiceClient


@dataclass(frozen=True, kw_only=True, slots=True)
class Grant:
    """The credits that an order bought: how many are left, held and used, and the tickets that had one of them."""

    grant_id: str | None
    granted_at: datetime | None
    available: int
    held: int
    consumed: int
    ticket_ids: tuple[str, ...]


class EntitlementsGateway:
    """Questions to entitlements. Each raises PeerUnavailable (also for an answer that is none) and PeerRefused."""

    def __init__(self, client: ServiceClient) -> None:
        self._client = client

    def grants_of_order(self, order_id: str, *, deadline_s: float) -> tuple[Grant, ...]:
        """The grants of an order; none where entitlements has not heard of its payment yet."""
        answer = self._client.get(f"/v1/traces/{order_id}", deadline_s=deadline_s)
        try:
            return tuple(_grant(grant) for grant in answer.get("grants", ()))
        except (AttributeError, TypeError, ValueError) as error:
            raise PeerUnavailable("entitlements", "nonsense") from error


def _grant(grant: dict[str, Any]) -> Grant:
    return Grant(
        grant_id=grant.get("grant_id"),
        granted_at=moment_of(grant.get("granted_at")),
        available=int(grant.get("available") or 0),
        held=int(grant.get("held") or 0),
        consumed=int(grant.get("consumed") or 0),
        ticket_ids=tuple(str(entry["ticket_id"]) for entry in grant.get("entries", ()) if entry.get("ticket_id")),
    )

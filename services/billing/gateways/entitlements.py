"""Entitlements, asked over HTTP: what became of the credits of an order, and what each response class promises."""

import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from marshmallow import ValidationError

from services.billing.gateways.answers import moment_of
from shared.contracts import ClassTargetsV1
from shared.http import PeerRefused, PeerUnavailable, ServiceClient
from shared.telemetry import get_logger

log = get_logger()

REMEMBERED_S = 60.0
"""How long what the classes promise is taken for granted: a page that is shown every second asks once a minute."""
SILENT_S = 5.0
"""How long entitlements is left alone after it did not answer: no page waits for it again and again."""
CLASSES_WITHIN_S = 0.5
AROUND_THE_CLOCK = "around-the-clock"
"""The policy's calendar without closing hours: in it, and in no other, working minutes are minutes of the clock."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Grant:
    """The credits that an order bought: how many are left, held and used, and the tickets that had one of them."""

    grant_id: str | None
    granted_at: datetime | None
    available: int
    held: int
    consumed: int
    ticket_ids: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class ClassTarget:
    """A response class with what it promises: `target_minutes` of working time of the calendar. Words by language."""

    id: str
    rank: int
    names: Mapping[str, str]
    sentences: Mapping[str, str]
    target_minutes: int
    calendar_id: str
    calendar_names: Mapping[str, str]


Classes = Mapping[str, ClassTarget]


class EntitlementsGateway:
    """Questions to entitlements. Each raises PeerUnavailable (also for an answer that is none) and PeerRefused."""

    def __init__(self, client: ServiceClient) -> None:
        self._client = client
        self._asking = threading.Lock()
        self._known: Classes | None = None
        self._good_until = 0.0

    def grants_of_order(self, order_id: str, *, deadline_s: float) -> tuple[Grant, ...]:
        """The grants of an order; none where entitlements has not heard of its payment yet."""
        answer = self._client.get(f"/v1/traces/{order_id}", deadline_s=deadline_s)
        try:
            return tuple(_grant(grant) for grant in answer.get("grants", ()))
        except (AttributeError, TypeError, ValueError) as error:
            raise PeerUnavailable("entitlements", "nonsense") from error

    def response_classes(self) -> Classes | None:
        """What each class of the policy promises, by its id, at most a minute old; None while it is not known.

        Never raises: whoever shows it can do without. One caller asks; others meanwhile have what was known.
        """
        if time.monotonic() >= self._good_until and self._asking.acquire(blocking=False):
            try:
                self._ask_for_classes()
            finally:
                self._asking.release()
        return self._known

    def _ask_for_classes(self) -> None:
        try:
            answer = self._client.get("/v1/response-classes", deadline_s=CLASSES_WITHIN_S)
            self._known = {target.id: target for target in map(_class, ClassTargetsV1().load(answer)["items"])}
            self._good_until = time.monotonic() + REMEMBERED_S
        except (PeerUnavailable, PeerRefused, ValidationError) as error:
            log.warning("the offer is shown without its promise", why=str(error))
            self._known = None
            self._good_until = time.monotonic() + SILENT_S


def _grant(grant: dict[str, Any]) -> Grant:
    return Grant(
        grant_id=grant.get("grant_id"),
        granted_at=moment_of(grant.get("granted_at")),
        available=int(grant.get("available") or 0),
        held=int(grant.get("held") or 0),
        consumed=int(grant.get("consumed") or 0),
        ticket_ids=tuple(str(entry["ticket_id"]) for entry in grant.get("entries", ()) if entry.get("ticket_id")),
    )


def _class(item: dict[str, Any]) -> ClassTarget:
    told, calendar = item["response_class"], item["calendar"]
    return ClassTarget(
        id=told["id"],
        rank=told["rank"],
        names=told["names"],
        sentences=told["sentences"],
        target_minutes=item["target_minutes"],
        calendar_id=calendar["id"],
        calendar_names=calendar["names"],
    )

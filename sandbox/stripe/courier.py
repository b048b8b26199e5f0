"""Brings events to the webhook endpoints: signed, again and again until somebody says 2xx.

What is due stands in the database in the same transaction as what happened, so a restart loses nothing; an event may
arrive twice, as with Stripe.
"""

import hashlib
import hmac
import json
import threading
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass
from http import HTTPStatus

from urllib3 import PoolManager
from urllib3.exceptions import HTTPError

from sandbox.stripe.clock import real_s
from sandbox.stripe.resources.webhook_endpoints import secrets_of
from sandbox.stripe.timekeeper import Timekeeper, next_due
from sandbox.stripe.views import show
from sandbox.stripe.work import Work
from sandbox.stripe.world import World

LAST_ATTEMPT = 200
_LONGEST_WAIT_S = 30.0
_IDLE_S = 5.0
_AS_STRIPE_S = (5 * 60, 30 * 60, 2 * 3600, 5 * 3600, 10 * 3600)
_STRIPE_TRIES_FOR_S = 3 * 24 * 3600
_AT_ONCE = 8
_OLD_S = 3600


@dataclass(frozen=True, kw_only=True)
class _Parcel:
    """One attempt: what goes where, and how it is bent."""

    delivery_id: int
    event_id: str
    endpoint_id: str
    url: str
    secrets: tuple[str, ...]
    payload: str
    twist: str | None
    attempts: int


def signature(payload: str, secrets: Iterable[str], timestamp: int) -> str:
    """The `Stripe-Signature` header: HMAC-SHA256 over timestamp, dot, payload, one for each secret.

    https://docs.stripe.com/webhooks#verify-manually
    """
    signed = f"{timestamp}.{payload}".encode()
    digests = (hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest() for secret in secrets)
    return ",".join((f"t={timestamp}", *(f"v1={digest}" for digest in digests)))


def wait_s(attempts: int, base_s: float | None) -> float | None:
    """How long to wait after so many failed attempts; None when there will be no other.

    From a base it doubles to half a minute: Stripe's hours, shortened for somebody who sits before it. Without one it
    is about what Stripe does in live mode: for three days, with growing pauses (https://docs.stripe.com/webhooks#retries).
    """
    if base_s is not None:
        return float(min(base_s * 2 ** min(attempts - 1, 20), _LONGEST_WAIT_S)) if attempts < LAST_ATTEMPT else None
    pauses = [_AS_STRIPE_S[min(number, len(_AS_STRIPE_S)) - 1] for number in range(1, attempts + 1)]
    return float(pauses[-1]) if sum(pauses) <= _STRIPE_TRIES_FOR_S else None


class Courier:
    """A thread that sleeps until something is due, and a few that bring webhooks."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._stopping = False
        self.timekeeper = Timekeeper(world, self._deliver_all)
        self._client = PoolManager(maxsize=_AT_ONCE, timeout=5.0, retries=False)
        self._hands = ThreadPoolExecutor(max_workers=_AT_ONCE, thread_name_prefix="stripe-courier")
        self._thread = threading.Thread(target=self._run, name="stripe-courier", daemon=True)

    def start(self) -> None:
        """Begin; what an earlier process left half sent is sent again."""
        with self._world.working() as work:
            work.tx.sql.execute("UPDATE deliveries SET state = 'pending' WHERE state = 'sending'")
        self._thread.start()

    def stop(self) -> None:
        """Finish the attempts under way and stop; the rest waits in the database."""
        self._stopping = True
        self._world.wake.set()
        self._thread.join()
        self._hands.shutdown(wait=True, cancel_futures=True)
        self._client.clear()

    def _run(self) -> None:
        while not self._stopping:
            self._world.wake.clear()
            with self._world.looking() as work:
                due_at = next_due(work)
            pause_s = _IDLE_S if due_at is None else min(due_at - self._world.clock.now(), _IDLE_S)
            if pause_s > 0:
                self._world.wake.wait(pause_s)
                continue
            self.timekeeper.keep_up()
            for parcel in self._take():
                self._hands.submit(self._bring, parcel)

    def _deliver_all(self) -> None:
        """Bring what is due now, and what becomes due by bringing it, and wait until that is done."""
        while parcels := self._take():
            wait(self._hands.submit(self._bring, parcel) for parcel in parcels)

    def _take(self) -> list[_Parcel]:
        with self._world.working() as work:
            rows = work.tx.sql.execute(
                "SELECT id, event_id, endpoint_id, payload, twist, attempts FROM deliveries"
                " WHERE state = 'pending' AND due <= ? ORDER BY due, id LIMIT 64",
                (self._world.clock.now(),),
            ).fetchall()
            parcels = []
            for delivery_id, event_id, endpoint_id, payload, twist, attempts in rows:
                event = work.tx.get("event", event_id)
                endpoint = work.tx.get("webhook_endpoint", endpoint_id)
                if event is None or endpoint is None or endpoint["status"] != "enabled":
                    _note(work, delivery_id, "failed", error="the endpoint is gone or disabled")
                    continue
                body = json.dumps(json.loads(payload) if payload else show(work, event), indent=2)
                parcels.append(
                    _Parcel(
                        delivery_id=delivery_id,
                        event_id=event_id,
                        endpoint_id=endpoint_id,
                        url=endpoint["url"],
                        secrets=tuple(secrets_of(endpoint, self._world.clock.now())),
                        payload=body,
                        twist=twist,
                        attempts=attempts + 1,
                    )
                )
                work.tx.sql.execute(
                    "UPDATE deliveries SET state = 'sending', attempts = attempts + 1 WHERE id = ?", (delivery_id,)
                )
            return parcels

    def _bring(self, parcel: _Parcel) -> None:
        moment = int(real_s())  # who checks the signature looks at a clock that nobody has advanced
        secrets = parcel.secrets
        if parcel.attempts == 1 and parcel.twist == "bad_signature":
            secrets = ("whsec_of_somebody_else",)
        if parcel.attempts == 1 and parcel.twist == "old_timestamp":
            moment -= _OLD_S
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "Stripe-Signature": signature(parcel.payload, secrets, moment),
            "User-Agent": "Stripe/1.0 (+https://stripe.com/docs/webhooks)",
        }
        status, error = None, None
        try:
            status = self._client.request("POST", parcel.url, body=parcel.payload.encode(), headers=headers).status
        except HTTPError as problem:
            error = f"{type(problem).__name__}: {problem}"
        with self._world.working() as work:
            if status is not None and HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
                _note(work, parcel.delivery_id, "delivered", status=status)
                _release_held(work, parcel, self._world.clock.now())
                return
            pause_s = wait_s(parcel.attempts, self._world.settings.retry_base_s)
            if pause_s is None:
                _note(work, parcel.delivery_id, "failed", status=status, error=error)
            else:
                due = self._world.clock.now() + pause_s
                _note(work, parcel.delivery_id, "pending", status=status, error=error, due=due)


def _note(
    work: Work, delivery_id: int, state: str, *, status: int | None = None, error: str | None = None, due: float = 0.0
) -> None:
    work.tx.sql.execute(
        "UPDATE deliveries SET state = ?, last_status = ?, last_error = ?, due = ? WHERE id = ?",
        (state, status, error, due, delivery_id),
    )


def _release_held(work: Work, parcel: _Parcel, now: float) -> None:
    """A later event arrived: what was held back to come after it may go now."""
    work.tx.sql.execute(
        "UPDATE deliveries SET due = ? WHERE state = 'pending' AND twist = 'reorder' AND endpoint_id = ? AND id < ?",
        (now, parcel.endpoint_id, parcel.delivery_id),
    )

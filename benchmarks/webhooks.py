"""A webhook accepted: verified, kept durably, its job woken, answered 200.

Beside it the bare work (HMAC and one INSERT in a bare Flask route) and the usual way (the SDK's `construct_event`, an
ORM object), all three under the same gunicorn settings and on the same durable Postgres. Then again with many stored.
"""

import hashlib
import hmac
import json
import time
from functools import partial
from itertools import count
from typing import Any

from benchmarks.paired import Benchmark, run
from benchmarks.servers import Servers, ask, servers
from shared.ids import new_id
from tests.support.settings import WEBHOOK_SECRET

CLIENTS = 4


def measure(benchmark: Benchmark) -> None:
    """Ours, bare and usual, first on empty tables and then on full ones."""
    requests = benchmark.pick(quick=150, normal=400, full=800)
    many = benchmark.pick(quick=20_000, normal=200_000, full=1_000_000)
    with servers() as running:
        _make_tables(running)
        doors = {
            "ours": running.start_web("billing"),
            "bare": running.start_bare("benchmarks.bare_webhooks:bare", "billing"),
            "usual": running.start_bare("benchmarks.bare_webhooks:usual", "billing"),
        }
        for clients in (1, CLIENTS):
            rounds = {name: partial(_send, url, requests, clients) for name, url in doors.items()}
            times = benchmark.alternate(rounds)
            who = "one client" if clients == 1 else f"{clients} clients"
            benchmark.compare(f"webhook accepted, {who}", times, ours="ours", bare="bare", goal=1.3)
            benchmark.compare(
                f"webhook accepted, {who}, rate against the usual way",
                times, ours="ours", bare="usual", goal=1.7, at_least=True,
            )  # fmt: skip
            if clients == CLIENTS:
                empty = times.ratio("ours", "bare")
        benchmark.say(f"Storing {many:,} events …")
        _fill(running, many)
        times = benchmark.alternate({name: partial(_send, doors[name], requests, CLIENTS) for name in ("ours", "bare")})
        full = times.ratio("ours", "bare")
        benchmark.record(
            f"webhook accepted, {many:,} stored, against none", ours=full, bare=empty, ratio=full / empty, goal=1.2
        )


def _make_tables(running: Servers) -> None:
    """For each of the others a table like ours, with its indexes and defaults."""
    owner = running.psycopg("billing", role="owner")
    for name in ("bare_events", "usual_events"):
        owner.execute(f"CREATE TABLE {name} (LIKE webhook_events INCLUDING ALL)")
        owner.execute(f"GRANT SELECT, INSERT ON {name} TO PUBLIC")


def _fill(running: Servers, many: int) -> None:
    owner = running.psycopg("billing", role="owner")
    body = _body(0)[0]
    for name in ("webhook_events", "bare_events"):
        owner.execute(
            f"INSERT INTO {name} (event_id, type, source, body, request_id, created_at, received_at, handled_at)"  # noqa: S608 - our own names
            " SELECT 'evt_stored_' || md5(n::text), 'charge.succeeded', 'webhook', %s, 'req', now(), now(), now()"
            " FROM generate_series(1, %s) AS n",
            (body, many),
        )
        owner.execute(f"ANALYZE {name}")


_numbers = count()


def _body(number: int) -> tuple[bytes, str]:
    """A signed event of a usual size (3 kB), never the same twice."""
    object_: dict[str, Any] = {"id": f"cs_{number}", "object": "checkout.session", "amount_total": 4900}
    object_ |= {f"field_{n}": "some text of Stripe's " * 3 for n in range(40)}
    event = {
        "id": new_id("evt"),
        "object": "event",
        "type": "checkout.session.completed",
        "created": int(time.time()),
        "data": {"object": object_},
    }
    body = json.dumps(event).encode()
    at = int(time.time())
    digest = hmac.new(WEBHOOK_SECRET.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    return body, f"t={at},v1={digest}"


def _send(url: str, requests: int, clients: int) -> int:
    return ask(url, [_request() for _ in range(requests)], clients=clients)


def _request() -> tuple[str, str, bytes | None, dict[str, str]]:
    body, signature = _body(next(_numbers))
    return "POST", "/webhooks/stripe", body, {"Stripe-Signature": signature, "Content-Type": "application/json"}


if __name__ == "__main__":
    run(measure, __doc__)

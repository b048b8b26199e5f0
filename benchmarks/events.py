"""How fast events travel: from billing's outbox to the inbox of entitlements, and from a settled order to the promise.

The first figure is a rate: one relay of one worker and one web process. The second is the whole chain, from the commit
that settles an order to the commit that raises the ticket's promise in queue: two relays, three services, all woken by
Valkey, one order after the other on machines at rest. What Stripe and our question to it take comes before that.
"""

import json
from datetime import UTC, datetime
from statistics import median
from time import perf_counter, sleep
from typing import Any

from benchmarks.paired import Benchmark, run
from benchmarks.servers import Servers, ask, servers
from shared import outbox
from shared.db import Database
from shared.ids import new_id
from shared.jobs import JobQueue
from tests.support.settings import API_KEY

PAID = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
PATIENCE_S = 60.0
LOOKS_EVERY_S = 0.002


def measure(benchmark: Benchmark) -> None:
    """The rate, then the chain."""
    with servers() as here:
        here.start_web("entitlements")
        here.start_worker("billing", "relay")
        billing = Database(here.databases["billing"].app, enqueue=JobQueue(here.redis_url, "billing").enqueue)
        here.stack.callback(billing.dispose)
        _rate(benchmark, here, billing)
        here.start_worker("entitlements", "relay")
        here.start_web("queue")
        _chain(benchmark, here, billing)


def _rate(benchmark: Benchmark, here: Servers, billing: Database) -> None:
    number = benchmark.pick(quick=500, normal=1_000, full=5_000)
    taken = here.psycopg("entitlements")
    rates = []
    for turn in range(benchmark.pick(quick=3, normal=5, full=7) + 1):
        before = _number(taken, "SELECT count(*) FROM inbox")
        began = perf_counter()
        with billing.transaction() as session:
            for _ in range(number):
                outbox.publish(session, "billing.incidents.purchased.v1", _purchase(), to="entitlements")
        published = perf_counter()
        _wait(lambda there=before: _number(taken, "SELECT count(*) FROM inbox") == there + number)
        if turn:  # the first one warms up
            rates.append(number / (perf_counter() - published))
            benchmark.say(f"  turn {turn}: {rates[-1]:,.0f}/s, written in {published - began:.2f} s")
    typical = median(rates)
    benchmark.record(
        "events from outbox to inbox, a second and worker",
        ours=1 / typical, bare=None, ratio=typical, goal=500, at_least=True,
    )  # fmt: skip


def _chain(benchmark: Benchmark, here: Servers, billing: Database) -> None:
    raised = here.psycopg("queue")
    times = []
    for turn in range(benchmark.pick(quick=15, normal=40, full=100) + 3):
        ticket = _open(here)
        sleep(0.1)  # until the ticket's own work is done
        with billing.transaction() as session:
            outbox.publish(session, "billing.incidents.purchased.v1", _purchase(ticket), to="entitlements")
        began = perf_counter()
        _wait(lambda opened=ticket: _class(raised, opened) == "premium")
        if turn >= 3:
            times.append(perf_counter() - began)
    typical = median(times)
    benchmark.say(f"  {min(times) * 1000:.0f} to {max(times) * 1000:.0f} ms")
    benchmark.record(
        "from a settled order to the raised promise, ms at p50", ours=typical, bare=None, ratio=typical * 1000, goal=250
    )


def _purchase(ticket: str | None = None) -> dict[str, Any]:
    order = new_id("ord")
    return {
        "order_id": order,
        "account_id": f"acc_{order}",
        "contact_email": f"{order}@acme.test",
        "product": "incident_1",
        "credits": 1,
        "response_class": "premium",
        "ticket_id": ticket,
        "paid_at": PAID,
        "expires_at": None,
    }


def _open(here: Servers) -> str:
    """A ticket that is decided as everybody's are; its id."""
    mark = new_id("key")
    headers = {"Authorization": f"Bearer {API_KEY}", "Idempotency-Key": mark, "Content-Type": "application/json"}
    body = {"email": f"{mark}@acme.test", "subject": "Cards are refused", "text": "Since this morning."}
    ask(here.urls["queue"], [("POST", "/v1/tickets", json.dumps(body).encode(), headers)])
    [(ticket,)] = (
        here.psycopg("queue").execute("SELECT id FROM tickets WHERE contact_key = %s", [body["email"]]).fetchall()
    )
    return str(ticket)


def _class(connection: Any, ticket: str) -> Any:
    [(found,)] = connection.execute("SELECT response_class FROM tickets WHERE id = %s", [ticket]).fetchall()
    return found


def _number(connection: Any, query: str) -> int:
    [(found,)] = connection.execute(query).fetchall()
    return int(found)


def _wait(done: Any) -> None:
    until = perf_counter() + PATIENCE_S
    while not done():
        if perf_counter() > until:
            raise RuntimeError("The events do not arrive.")
        sleep(LOOKS_EVERY_S)


if __name__ == "__main__":
    run(measure, __doc__)

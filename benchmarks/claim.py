"""Take next: one ticket out of the queue, leased, with its audit entry; also while somebody looks at an old snapshot.

Ours is the use case as the desk calls it. Bare is psycopg with one prepared statement that does the same durable work
on the same table: a guarded UPDATE of the head, SKIP LOCKED, and the INSERT of the entry, each in its own transaction.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from time import monotonic, perf_counter
from typing import TYPE_CHECKING

import psycopg

from benchmarks.paired import Benchmark, run
from benchmarks.servers import Servers, servers
from services.queue.agents import store as agents
from services.queue.agents.agent import Agent, Tier
from services.queue.app import build_context
from services.queue.config import Settings
from services.queue.ordering.take_next import take_next
from shared import clock
from shared.env import Env
from shared.ids import new_id, new_token

if TYPE_CHECKING:
    from services.queue.context import Context

COST, UNDER_SNAPSHOT = 1.5, 0.8
CLIENTS = 8
FILL = """
    insert into tickets (id, contact_key, contact_email, zone, subject, opened_at, queued, response_class, class_rank,
        taken_by, class_names, class_sentences, starts_at, respond_by, target_minutes, calendar, reasons)
    select 'tkt_' || lpad(n::text, 8, '0'), 'c' || n %% 5000, 'jo@x.test', 'UTC', 'A question', now(), true,
        'standard', 10, 'everybody', '{}', '{}', now(), now() + make_interval(secs => n * 7 %% 86400), 60,
        '{"id": "always", "names": {}, "zone": "UTC"}', '[]'
    from generate_series(1, %(count)s) n
"""
BARE = """
    with head as (
        select id, owner_id from tickets
        where taken_by = 'everybody' and queued and lease_expires_at is null
        order by - class_rank, respond_by, id limit 1 for update skip locked
    ), claimed as (
        update tickets set owner_id = %(agent)s, lease_token = lease_token + 1, lease_expires_at = %(until)s,
            audit_number = audit_number + 1
        from head where tickets.id = head.id
        returning tickets.*, head.owner_id as owner_before
    ), trail as (
        insert into audit_entries (aggregate, aggregate_id, number, owner_key, actor, action, why, before, after,
            form_key, request_id, occurred_at)
        select 'ticket', id, audit_number, contact_key, %(actor)s, 'taken', 'take next',
            jsonb_build_object('owner_id', owner_before),
            jsonb_build_object('owner_id', owner_id, 'lease_token', lease_token), %(form_key)s, 'req_1', %(now)s
        from claimed
    )
    select * from claimed
"""


class Bench:
    """A queue full of tickets, and two ways to take one."""

    def __init__(self, started: Servers) -> None:
        self._servers = started
        self.context: Context = build_context(
            Settings.read(Env(started.environment("queue", WEB_THREADS=str(CLIENTS))))
        )
        self.context.db.enqueue = None
        self._owner = started.psycopg("queue", role="owner")
        self._bare = [started.psycopg("queue") for _ in range(CLIENTS)]
        for connection in self._bare:
            connection.prepare_threshold = 0
        with self.context.db.transaction() as session:
            self.agent: Agent = agents.remember(session, new_id("agt"), "ben", "Ben", None, Tier.REGULAR, clock.now())

    def fill(self, count: int) -> None:
        """So many tickets wait, and none was ever taken."""
        self._owner.execute("truncate tickets cascade")
        self._owner.execute("truncate audit_entries")
        self._owner.execute(FILL, {"count": count})
        self._owner.execute("vacuum (analyze) tickets")

    def ours(self) -> str | None:
        """One press of Take next."""
        ticket = take_next(self.context, self.agent, new_token())
        return ticket.id if ticket else None

    def bare(self, client: int = 0) -> str | None:
        """The same without anything around it."""
        now = clock.now()
        values = {"agent": self.agent.id, "actor": f"agent:{self.agent.id}", "form_key": new_token(), "now": now}
        row = self._bare[client].execute(BARE, values | {"until": now + timedelta(minutes=15)}).fetchone()
        return row[0] if row else None

    @contextmanager
    def old_snapshot(self) -> Iterator[None]:
        """Somebody looks at the tables as they are now, and goes on looking."""
        url = self._servers.databases["queue"].owner.replace("postgresql+psycopg://", "postgresql://")
        with psycopg.connect(url) as somebody:
            somebody.execute("set transaction isolation level repeatable read")
            somebody.execute("select count(*) from tickets")
            yield
            somebody.rollback()

    def check(self) -> None:
        """Each ticket went to one press, and left one entry."""
        twice = self._owner.execute(
            "select count(*) from tickets where audit_number > 1 or audit_number <> "
            "(select count(*) from audit_entries where aggregate_id = tickets.id)"
        ).fetchone()
        if twice is None or twice[0]:
            raise RuntimeError(f"Taken twice, or without its entry: {twice}")


def at_once(claim: Callable[[int], str | None], each: int) -> int:
    """Several clients claim at the same time; how many tickets they got. Raises when one went to two of them."""
    with ThreadPoolExecutor(CLIENTS) as threads:
        shares = list(threads.map(lambda client: [claim(client) for _ in range(each)], range(CLIENTS)))
    got = [ticket for share in shares for ticket in share if ticket is not None]
    if len(set(got)) != len(got):
        raise RuntimeError("One ticket went to two agents.")
    return len(got)


def one_after_another(claim: Callable[[], str | None], each: int) -> int:
    """One client claims."""
    return sum(claim() is not None for _ in range(each))


def cost(benchmark: Benchmark, bench: Bench, waiting: int) -> None:
    """What a claim costs with so many tickets open, with one client and with several."""
    bench.fill(waiting)
    each = benchmark.pick(quick=100, normal=300, full=500)

    def turn(claim: Callable[[int], str | None], clients: int) -> Callable[[], int]:
        return lambda: one_after_another(lambda: claim(0), each) if clients == 1 else at_once(claim, each // 4)

    for clients in (1, CLIENTS):
        figure = f"take next, {waiting:,} open, {clients} client{'' if clients == 1 else 's'}"
        benchmark.say(figure)
        times = benchmark.alternate({"ours": turn(lambda _: bench.ours(), clients), "bare": turn(bench.bare, clients)})
        benchmark.compare(figure, times, ours="ours", bare="bare", goal=COST)
    bench.check()


def rate_of(claim: Callable[[], str | None], seconds: float) -> tuple[float, int]:
    """Claims a second over the last quarter of this time, and how many there were in all."""
    began, counted, since = monotonic(), 0, perf_counter()
    late, late_since = 0, since
    while monotonic() - began < seconds:
        if claim() is None:
            raise RuntimeError("The queue ran empty: fill in more.")
        counted += 1
        if monotonic() - began < seconds * 0.75:
            late, late_since = counted, perf_counter()
    return (counted - late) / (perf_counter() - late_since), counted


def under_snapshot(benchmark: Benchmark, bench: Bench) -> None:
    """The rate at the end of a long look by somebody else, against the clean rate just before."""
    seconds = benchmark.pick(quick=8.0, normal=20.0, full=60.0)
    bench.fill(benchmark.pick(quick=30_000, normal=80_000, full=250_000))
    for name, claim in (("ours", bench.ours), ("bare", bench.bare)):
        clean, _ = rate_of(claim, seconds / 3)
        with bench.old_snapshot():
            held, claimed = rate_of(claim, seconds)
        benchmark.say(f"{name}: {clean:,.0f}/s clean, {held:,.0f}/s at the end of {seconds:g} s ({claimed:,} claims)")
        figure = f"{name}, under a snapshot held for {seconds:g} s"
        if name == "ours":
            benchmark.record(
                figure, ours=1 / held, bare=1 / clean, ratio=held / clean, goal=UNDER_SNAPSHOT, at_least=True
            )
    bench.check()


def measure(benchmark: Benchmark) -> None:
    """All figures of Take next."""
    with servers(valkey=False) as started:
        bench = Bench(started)
        for waiting in benchmark.pick(quick=(10_000,), normal=(10_000, 100_000), full=(10_000, 100_000, 1_000_000)):
            cost(benchmark, bench, waiting)
        under_snapshot(benchmark, bench)
        bench.context.db.dispose()


if __name__ == "__main__":
    run(measure, __doc__)

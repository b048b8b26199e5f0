"""What a decision costs: with a hold, and read again; against a bare Flask route, and flat in grants and entries.

The bare route takes a credit by a guarded UPDATE and writes who holds it, in one statement; ours also finds the account
and its grants, applies the policy, makes the ticket, writes the ledger's entry, the decision with its facts and two
entries of the trail, and knows who asks. Each question carries a token and a deadline, as queue's do.
"""

import json
from collections.abc import Callable, Mapping
from itertools import count

from benchmarks.paired import Benchmark, run
from benchmarks.servers import Servers, ask, servers
from shared.identity import ServiceIdentity
from tests.support.settings import keys

OPENED = "2026-11-23T09:00:00+00:00"
PREPARE = """
    CREATE TABLE bare_grants AS
        SELECT 'grt_' || n AS id, 1000000 AS available, 0 AS held FROM generate_series(1, 1000) n;
    ALTER TABLE bare_grants ADD PRIMARY KEY (id), ADD CHECK (available >= 0);
    CREATE TABLE bare_holds (ticket_id text PRIMARY KEY, grant_id text NOT NULL, held_at timestamptz NOT NULL);
    GRANT ALL ON bare_grants, bare_holds TO PUBLIC;
"""
FILL = """
    INSERT INTO accounts (account_id, created_at)
        SELECT 'acc_' || n, now() FROM generate_series({first}, {last}) n;
    INSERT INTO contacts (email, account_id, created_at)
        SELECT 'jo' || n || '@acme.test', 'acc_' || n, now() FROM generate_series({first}, {last}) n;
    INSERT INTO grants (id, account_id, source_kind, source_id, kind, response_class, rank, granted, available,
                        granted_at, created_at)
        SELECT 'grt_' || n, 'acc_' || n, 'order', 'ord_' || n, 'paid', 'premium', 20, 1000000, 1000000, now(), now()
        FROM generate_series({first}, {last}) n;
    INSERT INTO credit_entries (id, grant_id, account_id, kind, credits, occurred_at, recorded_at)
        SELECT 'cre_' || n || '_' || each, 'grt_' || n, 'acc_' || n, 'grant', 1000000, now(), now()
        FROM generate_series({first}, {last}) n, generate_series(1, {entries}) each;
    VACUUM ANALYZE;
"""
Request = tuple[str, str, bytes | None, dict[str, str]]


def prepare(here: Servers) -> None:
    """The tables of the bare route, which stay small."""
    _run(here, PREPARE)


def fill(here: Servers, grants: int, entries: int) -> int:
    """So many accounts, each with a grant and so many entries of the ledger."""
    [(there,)] = here.psycopg("entitlements", role="owner").execute("SELECT count(*) FROM grants").fetchall()
    _run(here, FILL.format(first=there + 1, last=grants, entries=entries))
    return grants


def _run(here: Servers, script: str) -> None:
    owner = here.psycopg("entitlements", role="owner")
    for statement in script.split(";"):
        if statement.strip():
            owner.execute(statement.encode())


def measure(benchmark: Benchmark) -> None:
    """Holds and reads, one client and four, on small tables and then on big ones."""
    sizes = (1_000, benchmark.pick(quick=20_000, normal=100_000, full=1_000_000))
    with servers(valkey=False) as here:
        prepare(here)
        us = Contestant(here, benchmark)
        ratios: dict[tuple[str, int], list[float]] = {}
        for grants in sizes:
            benchmark.say(f"{grants:,} grants ...")
            us.grants = fill(here, grants, benchmark.pick(quick=1, normal=10, full=10))
            for clients in (1, 4):
                said = f"{grants:,} grants, {clients} client{'s' if clients > 1 else ''}"
                times = benchmark.alternate({"ours": us.hold(clients), "bare": us.bare_hold(clients)})
                benchmark.compare(f"decision with a hold, {said}", times, ours="ours", bare="bare", goal=1.7)
                ratios.setdefault(("hold", clients), []).append(times.ratio("ours", "bare"))
                times = benchmark.alternate({"ours": us.read(clients), "bare": us.bare_read(clients)})
                benchmark.compare(f"decision read, {said}", times, ours="ours", bare="bare", goal=1.5)
                ratios.setdefault(("read", clients), []).append(times.ratio("ours", "bare"))
        for (what, clients), (few, many) in ratios.items():
            benchmark.record(
                f"{what}, {clients} client{'s' if clients > 1 else ''}: growth of the ratio with the tables",
                ours=many, bare=few, ratio=many / few, goal=1.25,
            )  # fmt: skip


class Contestant:
    """Entitlements as it is deployed, and the bare application beside it."""

    def __init__(self, here: Servers, benchmark: Benchmark) -> None:
        self.grants = 0
        self._number = count()
        self._each = benchmark.pick(quick=150, normal=300, full=400)
        self._identity = ServiceIdentity("queue", keys()["queue"][0])
        self._url = here.start_web("entitlements")
        self._bare = here.start_bare("benchmarks.bare_decisions:create_app", "entitlements")
        self._held: list[str] = []

    def hold(self, clients: int) -> Callable[[], int]:
        """Ask for the decision of tickets that nobody has asked about."""

        def turn() -> int:
            questions = [self._question() for _ in self._turn()]
            return ask(self._url, questions, clients=clients)

        return turn

    def bare_hold(self, clients: int) -> Callable[[], int]:
        """Hold as many credits at the bare route."""

        def turn() -> int:
            return ask(self._bare, [self._bare_question() for _ in self._turn()], clients=clients)

        return turn

    def read(self, clients: int) -> Callable[[], int]:
        """Read decisions that were made."""
        return lambda: ask(self._url, self._reads("/v1/decisions/", self._headers()), clients=clients)

    def bare_read(self, clients: int) -> Callable[[], int]:
        """Read the same rows at the bare route."""
        return lambda: ask(self._bare, self._reads("/decisions/", {}), clients=clients)

    def _turn(self) -> range:
        return range(self._each)

    def _any(self, prefix: str) -> str:
        """One after the other, far from each other."""
        return f"{prefix}{next(self._number) * 7919 % self.grants + 1}"

    def _question(self) -> Request:
        ticket = f"tkt_{next(self._number)}"
        self._held.append(ticket)
        body = {
            "ticket_id": ticket,
            "requester_email": f"{self._any('jo')}@acme.test",
            "requester_verified": True,
            "opened_at": OPENED,
        }
        return "POST", "/v1/decisions", _json(body), _JSON | self._headers()

    def _bare_question(self) -> Request:
        number = next(self._number)
        body = {"ticket_id": f"bare_{number}", "grant_id": f"grt_{number % 1000 + 1}"}
        return "POST", "/hold", _json(body), _JSON

    def _reads(self, path: str, headers: dict[str, str]) -> list[Request]:
        return [("GET", path + self._held[number * 31 % len(self._held)], None, headers) for number in self._turn()]

    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._identity.token('entitlements')}", "X-Deadline-Ms": "2000"}


_JSON = {"Content-Type": "application/json"}


def _json(body: Mapping[str, object]) -> bytes:
    return json.dumps(body).encode()


if __name__ == "__main__":
    run(measure, __doc__)

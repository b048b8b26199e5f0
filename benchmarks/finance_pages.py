"""The morning page and the journal with a ledger that has grown, beside a bare Flask page with as many lines.

The bare page reads one page of ledger lines and writes them as a plain table, without frame, words, formats or session.
"""

from datetime import UTC, datetime
from functools import partial

from benchmarks.books import fill
from benchmarks.paired import Benchmark, run
from benchmarks.servers import ask, servers
from services.billing.app import create_app
from services.billing.config import Settings
from shared.env import Env
from tests.support.staff import cookie_of

BEGINS = datetime(2026, 3, 2, tzinfo=UTC)
PAGES = {"morning": "/finance", "journal": "/finance/journal?date=2026-03-02"}


def measure(benchmark: Benchmark) -> None:
    """Each page against the bare one, small ledger and large."""
    size = benchmark.pick(quick=10_000, normal=200_000, full=1_100_000)
    requests = benchmark.pick(quick=20, normal=50, full=100)
    with servers() as running:
        owner = running.psycopg("billing", role="owner")
        ours = running.start_web("billing")
        bare = running.start_bare("benchmarks.bare_finance:page", "billing")
        headers = {"Cookie": _signed_in(running.environment("billing")), "Accept": "text/html"}
        first = 1
        for count in (1_000, size):
            benchmark.say(f"Filling {count:,} payments.")
            fill(owner, first=first, count=count, begins_at=BEGINS)
            first += count
            rounds = {
                name: partial(ask, ours, [("GET", path, None, headers)] * requests) for name, path in PAGES.items()
            }
            rounds["bare"] = partial(ask, bare, [("GET", "/journal", None, {})] * requests)
            times = benchmark.alternate(rounds)
            for name in PAGES:
                benchmark.compare(f"{name} at {first - 1:,} charges", times, ours=name, bare="bare", goal=3.0)


def _signed_in(variables: dict[str, str]) -> str:
    """The cookie of somebody of finance."""
    return "=".join(cookie_of(create_app(Settings.read(Env(variables))), "finn", "Finn Walsh", "finance"))


if __name__ == "__main__":
    run(measure, __doc__)

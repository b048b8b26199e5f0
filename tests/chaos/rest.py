"""Whether everything has come to rest: nothing waits in the services, at Stripe, or between Stripe and the books."""

import time
from collections.abc import Iterator

import psycopg
from requests import RequestException

from tests.chaos.journal import Journal
from tests.chaos.premises import Premises
from tests.chaos.releases import release_what_faults_parked
from tests.chaos.witness import deliveries_on_their_way, stripe_lists

WITHIN_S = 240.0
"""A minute is what is promised; a machine that others use as well may need more. How long it took is told."""
_CALM_S = 2.0
_TIMERS = (".payment_waits", ".promise_deadlines")
"""What comes due by itself after all have gone home; waited for, and not counted as the faults' work."""


def come_to_rest(premises: Premises, journal: Journal) -> tuple[bool, str]:
    """Wait until nothing waits any more; whether it came to that, and how long it took, and for what at the end."""
    began, calm_since, last, worked_s = time.monotonic(), None, "nothing", 0.0
    while (now := time.monotonic()) - began < WITHIN_S:
        waits = sorted(_still_waits(premises, journal))
        if work := [one for one in waits if not one.endswith(_TIMERS)]:
            worked_s, last = now - began, ", ".join(work)
        if waits:
            calm_since = None
        elif calm_since is None:
            calm_since = now
        elif now - calm_since > _CALM_S:
            return True, f"At rest {worked_s:.0f} s after the last fault; what came last: {last}."
        time.sleep(1.0)
    return False, f"NOT AT REST after {WITHIN_S:.0f} s: {last}."


def _still_waits(premises: Premises, journal: Journal) -> Iterator[str]:
    try:
        release_what_faults_parked(premises, journal)
        yield from (f"{count} {name}" for name, count in premises.pending().items() if count and "_parked" not in name)
        if deliveries := deliveries_on_their_way(premises):
            yield f"{deliveries} webhooks"
        if missing := _not_in_the_books(premises):
            yield f"{missing} movements of Stripe's that are not in the books"
    except (RequestException, psycopg.Error, ValueError, KeyError) as error:
        yield f"an answer ({type(error).__name__})"


def _not_in_the_books(premises: Premises) -> int:
    """Charges and fees: Stripe's sweeps, which find what no webhook told, run every half minute."""
    with psycopg.connect(premises.owner("billing"), connect_timeout=5) as connection:
        booked = {row[0] for row in connection.execute("SELECT source_id FROM ledger_transactions")}
    charges = [charge for charge in stripe_lists(premises, "charges") if charge["paid"]]
    moved = {charge[name] for charge in charges for name in ("id", "balance_transaction")}
    return len(moved - booked)

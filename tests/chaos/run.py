"""One run: the product starts, people and faults do what the plan says, faults end, and the judges look."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import psycopg
from requests import RequestException

from tests.chaos import witness
from tests.chaos.agents import Desk
from tests.chaos.customers import Customer
from tests.chaos.faults import Faults
from tests.chaos.journal import Journal
from tests.chaos.judges import violations
from tests.chaos.releases import release_what_faults_parked
from tests.chaos.office import Api, integrate, reconcile, watch_promises
from tests.chaos.plan import Plan
from tests.chaos.premises import Premises
from tests.chaos.visitor import TimeUp
from tests.chaos.witness import Row, Truth

CONVERGES_WITHIN_S = 150.0
"""A minute is what is promised; a machine that others use as well may need more. What it took is told."""
_CALM_S = 2.0
_LOOKS_AGAIN_AFTER_S = 8.0
_ENDS_WITHIN_S = 40.0


class Run:
    """One run on running premises."""

    def __init__(self, plan: Plan, premises: Premises, say: Callable[[str], None]) -> None:
        self._plan, self._premises, self._say = plan, premises, say
        self.journal = Journal()
        self._over = threading.Event()
        self._api = Api(premises, self.journal)
        self._faults = Faults(premises, self.journal, self._over, plan.seed)

    def play(self) -> list[str]:
        """Everything; gives what contradicts the invariants."""
        self._act()
        self._say(f"{self._plan.lasts_s:.0f} s are over: no more faults, nobody does anything. Waiting until nothing waits.")
        self._faults.heal()
        took_s = self._converge()
        said = "did not come to rest" if took_s is None else f"came to rest {took_s:.0f} s after the last fault"
        self._say(f"It {said}. Judging.")
        found = violations(self._truth())
        if found:  # the services are read one after the other: what is only on its way is not counted against them
            time.sleep(_LOOKS_AGAIN_AFTER_S)
            later = set(violations(self._truth()))
            found = [said for said in found if said in later]
        return found

    # People and faults.

    def _act(self) -> None:
        plan, threads = self._plan, []
        began = time.monotonic()
        for agent in plan.agents:
            desk = Desk(agent=agent, premises=self._premises, journal=self.journal, over=self._over)
            threads.append(self._begin(desk.work))
        threads.append(self._begin(lambda: reconcile(self._premises, self.journal, self._over)))
        threads.append(self._begin(lambda: watch_promises(self._api, self.journal, self._over)))
        for at_s, step in sorted(self._steps(), key=lambda pair: pair[0]):
            time.sleep(max(0.0, began + at_s - time.monotonic()))
            threads.append(self._begin(step))
        time.sleep(max(0.0, began + plan.lasts_s - time.monotonic()))
        self._over.set()
        deadline = time.monotonic() + _ENDS_WITHIN_S
        for thread in threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        self.journal.counts["people who did not go home"] = sum(thread.is_alive() for thread in threads)

    def _steps(self) -> Iterator[tuple[float, Callable[[], None]]]:
        for story in self._plan.stories:
            customer = Customer(story=story, premises=self._premises, journal=self.journal, over=self._over)
            yield story.at_s, customer.live
        for call in self._plan.api_calls:
            yield call.at_s, lambda call=call: integrate(call, self._api, self.journal, self._over)  # type: ignore[misc]
        for strike in self._plan.strikes:
            yield strike.at_s, lambda strike=strike: self._faults.strike(strike)  # type: ignore[misc]

    def _begin(self, step: Callable[[], None]) -> threading.Thread:
        def safely() -> None:
            try:
                step()
            except TimeUp:
                pass
            except Exception as error:  # noqa: BLE001 - told; what it means is for the judges
                self.journal.count(f"people who gave up: {type(error).__name__} {str(error)[:90]}")

        thread = threading.Thread(target=safely, daemon=True)
        thread.start()
        return thread

    # The end.

    def _converge(self) -> float | None:
        """Wait until nothing waits any more; how long that took, None when it took too long."""
        began, calm_since = time.monotonic(), None
        while (now := time.monotonic()) - began < CONVERGES_WITHIN_S:
            if any(self._still_waits()):
                calm_since = None
            elif calm_since is None:
                calm_since = now
            elif now - calm_since > _CALM_S:
                return calm_since - began
            time.sleep(1.0)
        return None

    def _still_waits(self) -> Iterator[object]:
        """Whatever is on its way between Stripe, the services and the mailbox."""
        premises = self._premises
        try:
            release_what_faults_parked(premises, self.journal)
            yield from (count for name, count in premises.pending().items() if not name.endswith("_parked"))
            yield witness.deliveries_on_their_way(premises)
            yield not self._books_have_all()
        except (RequestException, psycopg.Error, ValueError, KeyError):
            yield True

    def _books_have_all(self) -> bool:
        """Whether the books have seen each charge and each fee: Stripe's sweeps run every half minute."""
        with psycopg.connect(self._premises.owner("billing"), connect_timeout=5) as connection:
            booked = {row[0] for row in connection.execute("SELECT source_id FROM ledger_transactions")}
        charges = [charge for charge in witness.stripe_lists(self._premises, "charges") if charge["paid"]]
        return all(
            charge["balance_transaction"] in booked and charge["id"] in booked for charge in charges
        )

    def _truth(self) -> Truth:
        premises = self._premises
        charges = witness.stripe_lists(premises, "charges")
        return Truth(
            journal=self.journal,
            reconciliations=self._reconcile(charges),
            rows=witness.read_rows(premises),
            charges=charges,
            sessions=witness.stripe_lists(premises, "checkout/sessions"),
            balance_transactions=witness.stripe_lists(premises, "balance_transactions"),
            mails=witness.caught_mails(premises),
            pending=premises.pending(),
            parked=release_what_faults_parked(premises, self.journal),
            mail_crashes=self._faults.mail_crashes,
        )

    def _reconcile(self, charges: list[Row]) -> list[Row]:
        """A run over each day on which something was charged (one, unless midnight came in between)."""
        days = {datetime.fromtimestamp(charge["created"], UTC).date() for charge in charges}
        runs = []
        for day in sorted(days):
            answer = self._api.post("billing", "/v1/reconciliations", f"judge-{time.monotonic()}", {"date": f"{day}"})
            if answer is None or not answer.ok:
                raise RuntimeError(f"The reconciliation of {day} did not answer: {answer and answer.text[:300]}")
            run = answer.json()
            found = self._api.get("billing", f"/v1/reconciliations/{run['reconciliation_id']}/exceptions")
            runs.append(run | {"exceptions": [one for one in found["items"] if one["resolved_at"] is None]})
        return runs


@contextmanager
def premises_up(say: Callable[[str], None], *, keep: bool = False) -> Iterator[Premises]:
    """The running product; its folder stays when something was found, or when it is asked for."""
    premises = Premises()
    kept = True
    try:
        say(f"Starting the product in {premises.folder}.")
        premises.start()
        yield premises
        kept = keep
    finally:
        premises.stop(keep=kept)

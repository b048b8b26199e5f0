"""One run: people and faults do what the plan says, faults end, everything comes to rest, and the judges look."""

import threading
import time
from collections.abc import Callable, Iterator
from functools import partial

from tests.chaos.agents import Desk
from tests.chaos.customers import Customer
from tests.chaos.faults import Faults
from tests.chaos.journal import Journal, Outcome, Payment
from tests.chaos.judges import violations
from tests.chaos.office import Api, integrate, reconcile, watch_promises
from tests.chaos.plan import Plan
from tests.chaos.premises import Premises
from tests.chaos.rest import come_to_rest
from tests.chaos.visitor import TimeUp
from tests.chaos.witness import read_truth

_LOOKS = 3
_LEAST = 8
"""Answers; a quarter as many payments and old tabs."""
_LOOKS_AGAIN_AFTER_S = 8.0
_ENDS_WITHIN_S = 120.0

Step = Callable[[], object]


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
        self._faults.heal()
        self._say(f"{self._plan.lasts_s:.0f} s are over: no more faults, nobody acts. Waiting until nothing waits.")
        rests, said = come_to_rest(self._premises, self.journal)
        self._say(said)
        return self._judge() if rests else [said, *self._judge()]

    @property
    def shows_too_little(self) -> bool:
        """Whether so little was done that it says nothing: the machine was too busy, or the people find no way."""
        answers = self.journal.sum(f"agents' answers: {Outcome.TAKEN}")
        tabs = self.journal.sum(*(f"agents' old tabs: {outcome}" for outcome in Outcome))
        paid = len(self.journal.of(Payment))
        return min(answers, 4 * paid, 4 * tabs) < _LEAST

    def _judge(self) -> list[str]:
        """The services are read one after the other: what is just on its way is not counted against them."""
        found: list[str] = []
        for look in range(_LOOKS):
            time.sleep(_LOOKS_AGAIN_AFTER_S if look else 0)
            truth = read_truth(self._premises, self.journal, self._api, mail_crashes=self._faults.mail_crashes)
            if not (found := violations(truth)):
                break
        return found

    def _act(self) -> None:
        began, threads = time.monotonic(), [self._begin(step) for step in self._from_the_beginning()]
        for at_s, step in sorted(self._at_their_time(), key=lambda pair: pair[0]):
            time.sleep(max(0.0, began + at_s - time.monotonic()))
            threads.append(self._begin(step))
        time.sleep(max(0.0, began + self._plan.lasts_s - time.monotonic()))
        self._over.set()
        deadline = time.monotonic() + _ENDS_WITHIN_S
        for thread in threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        for _ in filter(threading.Thread.is_alive, threads):
            self.journal.count("people who did not go home in time")

    def _from_the_beginning(self) -> Iterator[Step]:
        for agent in self._plan.agents:
            yield Desk(agent=agent, premises=self._premises, journal=self.journal, over=self._over).work
        yield partial(reconcile, self._premises, self.journal, self._over)
        yield partial(watch_promises, self._api, self.journal, self._over)

    def _at_their_time(self) -> Iterator[tuple[float, Step]]:
        for story in self._plan.stories:
            customer = Customer(story=story, premises=self._premises, journal=self.journal, over=self._over)
            yield story.at_s, customer.live
        for call in self._plan.api_calls:
            yield call.at_s, partial(integrate, call, self._api, self.journal, self._over)
        for strike in self._plan.strikes:
            yield strike.at_s, partial(self._faults.strike, strike)

    def _begin(self, step: Step) -> threading.Thread:
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

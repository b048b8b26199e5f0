"""The faults: each strikes one part, lasts as long as the plan says, and is healed at the end in any case."""

import random
import signal
import threading
import time
from collections.abc import Callable

import psycopg
from redis import Redis
from redis.exceptions import RedisError
from requests import RequestException

from tests.chaos.journal import Journal
from tests.chaos.plan import Strike
from tests.chaos.premises import Premises, children_of, send, signal_all
from tests.support import web

STRIPE: dict[str, dict[str, str]] = {
    "drop sessions": {"kind": "webhook.drop", "match": "checkout.session.*", "times": "8"},
    "drop all": {"kind": "webhook.drop", "times": "10"},
    "twice": {"kind": "webhook.duplicate", "times": "10"},
    "reorder": {"kind": "webhook.reorder", "times": "4"},
    "stale": {"kind": "webhook.stale", "times": "4"},
    "delay": {"kind": "webhook.delay", "times": "4", "seconds": "6"},
    "bad signature": {"kind": "webhook.bad_signature", "times": "4"},
    # Slow to read, so that return page, webhook and sweep are at the same order at the same moment.
    "slow sessions": {"kind": "api.slow", "match": "GET /v1/checkout/sessions/*", "times": "10", "seconds": "0.7"},
    "500 after a checkout": {"kind": "api.error_500_after", "match": "POST /v1/checkout/sessions", "times": "2"},
    "lost reply": {"kind": "api.lost_reply", "match": "POST /v1/checkout/sessions", "times": "2"},
    "500": {"kind": "api.error_500", "times": "6"},
    "rate limit": {"kind": "api.rate_limit", "times": "6"},
    "balance later": {"kind": "charge.balance_transaction_later", "times": "4", "seconds": "8"},
}
_CONSUMERS = {"billing": "entitlements", "entitlements": "queue", "queue": "entitlements"}
"""Whose web process is paused, so that an event of the service is on its way when its worker is killed."""
_IN_THE_WAY_OF_MAILS = {"queue-worker", "queue", "postgres", "mail"}
_AIM_S = 6.0
_LOOKS_EVERY_S = 0.05
_ON_ITS_WAY_S = 0.3


class Faults:
    """Strikes while the run lasts. `mail_crashes`: how many may each have cut off a mail in the middle."""

    def __init__(self, premises: Premises, journal: Journal, over: threading.Event, seed: int) -> None:
        self._premises, self._journal, self._over = premises, journal, over
        self._dice = random.Random(f"{seed} victims")  # noqa: S311 - a plan, not a secret
        self.mail_crashes = 0

    def strike(self, strike: Strike) -> None:
        """Let it happen; whoever is gone already just now is not hit."""
        self.mail_crashes += strike.on in _IN_THE_WAY_OF_MAILS  # a pause, too, may outlast the time for a mail
        hit = KINDS[strike.kind](self, strike)
        self._journal.count(f"faults: {strike.kind}, {strike.on}" + ("" if hit else " (missed)"))

    def heal(self) -> None:
        """End all that lasts."""
        self._premises.thaw()
        with web.Visitor() as operator:
            operator.delete(f"{self._premises.url('stripe')}/_sandbox/faults")
        self._refuse_mail(refusing=False)

    # Deaths.

    def kill_all(self, strike: Strike) -> bool:
        """The parent and all its children at once, or a server."""
        return signal_all(self._premises.pid(strike.on), signal.SIGKILL)

    def kill_parent(self, strike: Strike) -> bool:
        """The workers' parent alone: its children find out by themselves."""
        return send(self._premises.pid(strike.on), signal.SIGKILL)

    def kill_child(self, strike: Strike) -> bool:
        """One of the children: the parent starts it again."""
        children = children_of(self._premises.pid(strike.on))
        return bool(children) and send(self._dice.choice(children), signal.SIGKILL)

    def kill_after_outbox_claim(self, strike: Strike) -> bool:
        """Its consumer stands still, so that the worker is in the middle of a delivery; then it is killed."""
        consumer = self._premises.pid(f"{_CONSUMERS[strike.on]}-web")
        query = "SELECT 1 FROM outbox WHERE occurred_at > %s AND recipient = %s LIMIT 1"
        return self._kill_at_work(strike, consumer, query, _CONSUMERS[strike.on])

    def kill_in_a_mail(self, strike: Strike) -> bool:
        """The mail server stands still, so that the worker is in the middle of a mail; then it is killed."""
        query = "SELECT 1 FROM outbound_mails WHERE created_at > %s LIMIT 1"
        return self._kill_at_work(strike, self._premises.pid("mail"), query)

    def _kill_at_work(self, strike: Strike, consumer: int, query: str, *values: str) -> bool:
        worker = self._premises.pid(f"{strike.on}-worker")
        signal_all(consumer, signal.SIGSTOP)
        try:
            seen = self._appears(strike.on, query, *values)
            self._over.wait(_ON_ITS_WAY_S)
            return signal_all(worker, signal.SIGKILL) and seen
        finally:
            signal_all(consumer, signal.SIGCONT)

    def _appears(self, service: str, query: str, *values: str) -> bool:
        deadline = time.monotonic() + _AIM_S
        try:
            with psycopg.connect(self._premises.owner(service), autocommit=True, connect_timeout=2) as connection:
                since = connection.execute("SELECT clock_timestamp()").fetchone()
                while time.monotonic() < deadline and not self._over.is_set():
                    if connection.execute(query, [*(since or ()), *values]).fetchone():
                        return True
                    self._over.wait(_LOOKS_EVERY_S)
        except psycopg.Error:
            pass  # Postgres is being killed at the same time
        return False

    # What lasts.

    def pause(self, strike: Strike) -> bool:
        """A process stands still with all that it has begun, then goes on as if nothing had happened."""
        pid = self._premises.pid(strike.on)
        hit = signal_all(pid, signal.SIGSTOP)
        self._over.wait(strike.lasts_s)
        signal_all(pid, signal.SIGCONT)
        return hit

    def pause_child(self, strike: Strike) -> bool:
        """One of the web processes stands still with all that it has begun; the others go on meanwhile."""
        children = children_of(self._premises.pid(strike.on))
        victim = self._dice.choice(children) if children else 0
        hit = send(victim, signal.SIGSTOP)
        self._over.wait(strike.lasts_s)
        send(victim, signal.SIGCONT)
        return hit

    def mail_away(self, strike: Strike) -> bool:
        """The mail server says "later" to each mail."""
        hit = self._refuse_mail(refusing=True)
        self._over.wait(2 * strike.lasts_s)
        self._refuse_mail(refusing=False)
        return hit

    def _refuse_mail(self, *, refusing: bool) -> bool:
        try:
            with web.Visitor() as operator:
                url = f"{self._premises.url('mail')}/api/refusing"
                return operator.put(url, json={"refusing": refusing}, timeout=10).ok
        except RequestException:
            return False

    def flush(self, _strike: Strike) -> bool:
        """Valkey forgets everything."""
        try:
            with Redis.from_url(self._premises.told["redis_url"], socket_timeout=2) as valkey:
                return bool(valkey.flushall())
        except RedisError:
            return False

    def stripe(self, strike: Strike) -> bool:
        """The stand-in does what Stripe does on a bad day."""
        try:
            url = f"{self._premises.url('stripe')}/_sandbox/faults"
            return web.post(url, json=STRIPE[strike.on], timeout=10).ok
        except RequestException:
            return False


KINDS: dict[str, Callable[[Faults, Strike], bool]] = {
    "kill workers": Faults.kill_parent,
    "kill a worker": Faults.kill_child,
    "kill web": Faults.kill_all,
    "kill a web process": Faults.kill_child,
    "kill valkey": Faults.kill_all,
    "kill postgres": Faults.kill_all,
    "kill after its outbox claim": Faults.kill_after_outbox_claim,
    "kill in the middle of a mail": Faults.kill_in_a_mail,
    "pause": Faults.pause,
    "pause a web process": Faults.pause_child,
    "smtp away": Faults.mail_away,
    "valkey flush": Faults.flush,
    "stripe": Faults.stripe,
}

"""How often somebody may do something, counted by all web processes together; a Valkey that is away locks out nobody.

While it does not answer, each process counts for itself, in a bounded space: less strict, and never a failure.
"""

import threading
import time
from dataclasses import dataclass

from limits import RateLimitItemPerSecond
from limits.storage import MemoryStorage, RedisStorage
from limits.strategies import SlidingWindowCounterRateLimiter
from redis import ConnectionPool
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from shared.telemetry import get_logger

log = get_logger()

_ANSWERS_WITHIN_S = 0.2
_ASKED_AGAIN_AFTER_S = 5.0
_MOST_COUNTED_HERE = 10_000
"""So many counters a process keeps while Valkey is away; then it begins anew."""


@dataclass(frozen=True, kw_only=True)
class Limit:
    """At most so often in so many seconds, for each whom it is counted for."""

    name: str
    most: int
    within_s: int


class Limits:
    """The counters. They are kept by network or caller: no mail address, key or link stands in them."""

    def __init__(self, redis_url: str) -> None:
        pool = ConnectionPool.from_url(
            redis_url,
            socket_timeout=_ANSWERS_WITHIN_S,
            socket_connect_timeout=_ANSWERS_WITHIN_S,
            retry=Retry(NoBackoff(), 0),
        )
        storage = RedisStorage(redis_url, connection_pool=pool, key_prefix="limits")
        self._shared = SlidingWindowCounterRateLimiter(storage)
        self._own_storage = MemoryStorage()
        self._own = SlidingWindowCounterRateLimiter(self._own_storage)
        self._lock = threading.Lock()
        self._ask_again_at = 0.0

    def take(self, limit: Limit, who: str) -> int | None:
        """Count one more; None where that is allowed, else how many seconds to wait."""
        item = RateLimitItemPerSecond(limit.most, limit.within_s, namespace=limit.name)
        if time.monotonic() >= self._ask_again_at:
            try:
                return _take(self._shared, item, who)
            except RedisError as error:
                log.warning("limits are counted by each process", why=type(error).__name__)
                with self._lock:
                    self._ask_again_at = time.monotonic() + _ASKED_AGAIN_AFTER_S
        if len(self._own_storage.storage) >= _MOST_COUNTED_HERE:
            self._own_storage.reset()
        return _take(self._own, item, who)


def _take(limiter: SlidingWindowCounterRateLimiter, item: RateLimitItemPerSecond, who: str) -> int | None:
    if limiter.hit(item, who):
        return None
    ends = limiter.get_window_stats(item, who).reset_time
    return max(1, round(ends - time.time()))  # noqa: TID251 - the library's moment, against the library's clock

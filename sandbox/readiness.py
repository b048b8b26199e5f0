"""Who is ready: asked of the part itself, or of what it has told Valkey."""

import http.client
import urllib.error
import urllib.request
from typing import cast

from redis import Redis
from redis.exceptions import RedisError


def http_ready(url: str) -> bool:
    """Whether a web process says that it and what it needs are ready."""
    try:
        with urllib.request.urlopen(f"{url}/readyz", timeout=2) as answer:  # noqa: S310 - our own loopback address
            return bool(answer.status == 200)  # noqa: PLR2004 - HTTP's own number
    except (urllib.error.URLError, http.client.HTTPException, OSError):
        return False


def worker_ready(redis_url: str, service: str, pid: int) -> bool:
    """Whether a child of the workers' process with that pid has written itself into RQ's list of those who work."""
    try:
        with Redis.from_url(redis_url, socket_timeout=2) as valkey:
            names = cast("set[bytes]", valkey.smembers("rq:workers"))
    except RedisError:
        return False
    return any(f":{service}-{pid}-" in name.decode() for name in names)

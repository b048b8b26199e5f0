"""What is seen from outside: structured logs that carry the request id, and the metrics that each service serves."""

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

import structlog
from prometheus_client import Histogram
from structlog.typing import EventDict, WrappedLogger

from shared.ids import new_id

REQUESTS = Histogram(
    "http_request_seconds", "Time to answer a request, by route (never by path: paths hold links).",
    ["service", "method", "route", "status"],
)  # fmt: skip
PEER_CALLS = Histogram("peer_call_seconds", "Questions to other services, by outcome.", ["peer", "outcome"])

_SECRET_WORDS = ("secret", "password", "token", "authorization", "api_key", "cookie", "link")


def _redact(_logger: WrappedLogger, _name: str, event: EventDict) -> EventDict:
    return {name: _without_secrets(name, value) for name, value in event.items()}


def _without_secrets(name: Any, value: Any) -> Any:
    """The value as it may be logged; also deep inside, as in the facts of a refusal."""
    if _is_secret(str(name)):
        return "[redacted]"
    if isinstance(value, dict):
        return {inner: _without_secrets(inner, found) for inner, found in value.items()}
    if isinstance(value, list | tuple):
        return [_without_secrets("", found) for found in value]
    return value


@lru_cache(maxsize=1024)  # the same few names stand in each line of the log
def _is_secret(name: str) -> bool:
    lowered = name.lower()
    return any(word in lowered for word in _SECRET_WORDS)


def configure_logging(service: str, log_format: str = "json", *, level: int = logging.INFO) -> None:
    """Send all logs of this process, ours and the libraries', to standard output in one shape."""
    renderer: Any = (
        # Its own choice of traceback would show every local variable: customers' words, their links, our keys.
        structlog.dev.ConsoleRenderer(colors=False, pad_event_to=0, exception_formatter=structlog.dev.plain_traceback)
        if log_format == "console"
        else structlog.processors.JSONRenderer()
    )
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _redact,
        structlog.processors.StackInfoRenderer(),
    ]
    if log_format != "console":
        shared.append(structlog.processors.format_exc_info)
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.make_filtering_bound_logger(level),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for noisy in ("urllib3", "stripe", "werkzeug", "alembic.runtime.plugins"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    structlog.contextvars.bind_contextvars(service=service)


def get_logger() -> Any:
    """A structured logger: `log.info("order settled", order_id=...)`."""
    return structlog.get_logger()


def request_id() -> str:
    """The id of the request that this work belongs to; a new one where none is bound."""
    bound = structlog.contextvars.get_contextvars().get("request_id")
    return str(bound) if bound else new_id("req")


@contextmanager
def bound_request_id(value: str | None) -> Iterator[str]:
    """Everything logged and sent inside carries this request id, in this service and in the next."""
    chosen = value or new_id("req")
    with structlog.contextvars.bound_contextvars(request_id=chosen):
        yield chosen

"""For whom it is counted how often they do something: the network of a client; and 429 with the time to wait.

What is right is never refused for what others do wrong: a good key or link passes from a network that guesses.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from ipaddress import IPv6Address, ip_address, ip_network
from typing import cast

from flask import current_app, request
from werkzeug.exceptions import TooManyRequests

from shared.limits import Limit, Limits
from shared.telemetry import get_logger

log = get_logger()

_HOME = 64
"""The bits of an IPv6 address that a provider gives to one customer."""


def client_network() -> str:
    """The network from which this request comes: one address of IPv4, a /64 of IPv6."""
    try:
        address = ip_address(request.remote_addr or "")
    except ValueError:
        return "unknown"
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            return str(address.ipv4_mapped)
        return str(ip_network((address, _HOME), strict=False))
    return str(address)


def wait_for(limit: Limit, who: str | None = None) -> int | None:
    """Count this request against the limit, for its network unless `who` says otherwise; seconds to wait, or None."""
    limits = cast("Limits", current_app.extensions["limits"])
    wait = limits.take(limit, client_network() if who is None else who)
    if wait is not None:
        log.info("limited", limit=limit.name, wait_s=wait)
    return wait


@contextmanager
def counting_guesses(limit: Limit, *guesses: type[Exception]) -> Iterator[None]:
    """Refusals of these kinds are counted for the network: after too many, they are answered with 429."""
    try:
        yield
    except guesses:
        if (wait := wait_for(limit)) is not None:
            raise TooManyRequests(retry_after=wait) from None
        raise

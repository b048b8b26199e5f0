"""The client with which one service asks another: identity, deadline, request id.

No retries here: one layer retries, and that is the job which asks.
"""

import math
import time
from http import HTTPStatus
from typing import Any, ClassVar
from urllib.parse import urlsplit

from urllib3 import BaseHTTPResponse
from urllib3.exceptions import HTTPError

from shared.connections import connections_to
from shared.deadlines import deadline, remaining_s
from shared.errors import Kind, ServiceError
from shared.identity import ServiceIdentity
from shared.language import N_
from shared.telemetry import PEER_CALLS, get_logger, request_id

log = get_logger()


class PeerUnavailable(ServiceError):
    """The other service did not answer in time, or answered with nonsense or a fault of its own: outcome unknown."""

    kind: ClassVar = Kind.UNAVAILABLE
    code: ClassVar = "peer_unavailable"
    title: ClassVar = N_("A service that we need does not answer")

    def __init__(self, peer: str, why: str, *, answered: bool = False) -> None:
        super().__init__(N_("%(peer)s does not answer (%(why)s). Try again in a moment."), peer=peer, why=why)
        self.answered = answered
        """Whether it said anything at all, if only that it cannot now."""


class PeerRefused(ServiceError):
    """The other service understood and said no; `problem` is its problem+json."""

    kind: ClassVar = Kind.REFUSED
    code: ClassVar = "peer_refused"
    title: ClassVar = N_("A service refused the request")

    def __init__(self, peer: str, status_code: int, problem: dict[str, Any]) -> None:
        super().__init__(
            problem.get("detail") or N_("%(peer)s refused with %(status)s."), peer=peer, status=str(status_code)
        )
        self.status_code = status_code
        self.problem = problem


class ServiceClient:
    """Questions to one peer."""

    def __init__(self, base_url: str, audience: str, identity: ServiceIdentity, timeout_s: float = 2.0) -> None:
        self.audience = audience
        self._identity = identity
        self._timeout_s = timeout_s
        self._connections = connections_to(base_url)
        self._prefix = urlsplit(base_url).path.rstrip("/")

    def get(self, path: str, params: dict[str, str] | None = None, deadline_s: float | None = None) -> dict[str, Any]:
        """The JSON object at that path. Raises PeerUnavailable or PeerRefused."""
        return self._send("GET", path, deadline_s, fields=params)

    def post(self, path: str, json: dict[str, Any], deadline_s: float | None = None) -> dict[str, Any]:
        """The JSON object answered to that body. Raises PeerUnavailable or PeerRefused."""
        return self._send("POST", path, deadline_s, json=json)

    def close(self) -> None:
        """Give the connections back."""
        self._connections.close()

    def _send(self, method: str, path: str, deadline_s: float | None, **arguments: Any) -> dict[str, Any]:
        seconds = min(deadline_s or self._timeout_s, remaining_s() or math.inf)
        headers = {
            "Authorization": f"Bearer {self._identity.token(self.audience)}",
            "X-Request-Id": request_id(),
            "X-Deadline-Ms": str(int(seconds * 1000)),
        }
        began, outcome = time.perf_counter(), "unavailable"
        try:
            with deadline(seconds):
                response = self._connections.request(
                    method,
                    self._prefix + path,
                    headers=headers,
                    retries=False,
                    pool_timeout=seconds,
                    **arguments,
                )
            outcome = f"{response.status // 100}xx"
        except HTTPError as error:
            raise PeerUnavailable(self.audience, type(error).__name__) from error
        finally:
            PEER_CALLS.labels(self.audience, outcome).observe(time.perf_counter() - began)
        return self._read(response)

    def _read(self, response: BaseHTTPResponse) -> dict[str, Any]:
        try:
            body = response.json() if response.data else {}
        except ValueError:
            body = None
        if HTTPStatus.OK <= response.status < HTTPStatus.MULTIPLE_CHOICES and isinstance(body, dict):
            return body
        theirs = HTTPStatus.BAD_REQUEST <= response.status < HTTPStatus.INTERNAL_SERVER_ERROR
        if theirs and response.status != HTTPStatus.TOO_MANY_REQUESTS:
            raise PeerRefused(self.audience, response.status, body if isinstance(body, dict) else {})
        raise PeerUnavailable(self.audience, f"status {response.status}", answered=True)

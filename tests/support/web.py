"""Whoever talks to a server under test: paths count from its address; nothing is followed unless the test says so."""

from typing import Any
from urllib.parse import urljoin

from requests import Response, Session

PATIENCE_S = 20


class Visitor(Session):
    """One visitor of one server: keeps its cookies, and waits for no answer longer than PATIENCE_S."""

    def __init__(self, url: str = "", *, follow: bool = False, headers: dict[str, str] | None = None) -> None:
        super().__init__()
        self.url = url
        self.follow = follow
        self.trust_env = False
        self.headers.update(headers or {})

    def request(self, method: str, url: str, *, follow: bool | None = None, **given: Any) -> Response:  # type: ignore[override]
        """Ask there; `follow` where this one question differs from the visitor's habit."""
        given["allow_redirects"] = self.follow if follow is None else follow
        return super().request(method, urljoin(self.url, url), **({"timeout": PATIENCE_S} | given))


def get(url: str, **given: Any) -> Response:
    """Ask once, as a visitor who was never there."""
    with Visitor() as visitor:
        return visitor.get(url, **given)


def post(url: str, **given: Any) -> Response:
    """Post once, as a visitor who was never there."""
    with Visitor() as visitor:
        return visitor.post(url, **given)


def read(url: str, **given: Any) -> Any:
    """What the JSON there says; a server that says no is an error."""
    answer = get(url, **given)
    answer.raise_for_status()
    return answer.json()

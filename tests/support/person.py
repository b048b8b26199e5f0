"""Somebody at a browser without one: opens pages, reads them, fills the forms that stand there and sends them."""

from html.parser import HTMLParser
from typing import Any
from urllib.parse import urljoin

import httpx


class _Forms(HTMLParser):
    """All forms of a page: address, and the values that a browser would send untouched."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[dict[str, Any]] = []
        self._open: dict[str, Any] | None = None
        self._textarea: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "form":
            self._open = {"action": given.get("action") or "", "method": given.get("method") or "get", "values": {}}
            self.forms.append(self._open)
        if self._open is None or not (name := given.get("name")):
            return
        kind = given.get("type", "text")
        if tag == "textarea":
            self._textarea = name
            self._open["values"][name] = ""
        elif tag == "input" and (kind not in {"radio", "checkbox"} or "checked" in given):
            self._open["values"][name] = given.get("value") or ""

    def handle_data(self, data: str) -> None:
        if self._open is not None and self._textarea is not None:
            self._open["values"][self._textarea] += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._open = None
        if tag == "textarea":
            self._textarea = None


class Person:
    """One browser profile: cookies stay, redirects are followed."""

    def __init__(self, *, zone: str = "Europe/Berlin") -> None:
        self.client = httpx.Client(follow_redirects=True, timeout=20, headers={"Accept": "text/html"})
        self.client.cookies.set("zone", zone)
        self.response: httpx.Response | None = None

    @property
    def page(self) -> str:
        """What stands on the page now."""
        assert self.response is not None
        return self.response.text

    @property
    def url(self) -> str:
        """The address of the page now."""
        assert self.response is not None
        return str(self.response.url)

    def open(self, url: str) -> "Person":
        """Go to an address."""
        self.response = self.client.get(urljoin(self.url, url) if self.response else url)
        return self

    def form(self, part_of_action: str) -> dict[str, Any]:
        """The form on this page whose address contains that."""
        parser = _Forms()
        parser.feed(self.page)
        found = [form for form in parser.forms if part_of_action in form["action"] and form["method"] == "post"]
        assert found, f"No form to {part_of_action!r} on {self.url}: {[form['action'] for form in parser.forms]}"
        return found[0]

    def send(self, part_of_action: str, **fields: str) -> "Person":
        """Fill the form whose address contains that, and send it."""
        form = self.form(part_of_action)
        self.response = self.client.post(urljoin(self.url, form["action"]), data=form["values"] | fields)
        return self

    def close(self) -> None:
        """Close the browser."""
        self.client.close()

"""A browser without a screen: opens pages, keeps cookies, fills the forms that stand there and sends them."""

import weakref
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Self
from urllib.parse import urljoin

from requests import Response, Session

PATIENCE_S = 20


class PageError(RuntimeError):
    """The page is not what was expected; the message says what stands there."""


@dataclass(kw_only=True)
class Form:
    """A form of a page: its address, and the values that a browser would send untouched."""

    action: str
    method: str
    values: dict[str, str] = field(default_factory=dict)


class _Reader(HTMLParser):
    """Collects the forms of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self._open: Form | None = None
        self._textarea: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "form":
            self._open = Form(action=given.get("action") or "", method=given.get("method") or "get")
            self.forms.append(self._open)
        if self._open is None or not (name := given.get("name")):
            return
        kind = given.get("type", "text")
        if tag == "textarea":
            self._textarea = name
            self._open.values[name] = ""
        elif tag == "input" and (kind not in {"radio", "checkbox"} or "checked" in given):
            self._open.values[name] = given.get("value") or ""

    def handle_data(self, data: str) -> None:
        if self._open is not None and self._textarea is not None:
            self._open.values[self._textarea] += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._open = None
        if tag == "textarea":
            self._textarea = None


def posted_forms(page: str) -> list[Form]:
    """The forms of a page that are posted, in their order."""
    reader = _Reader()
    reader.feed(page)
    return [form for form in reader.forms if form.method == "post"]


class Browser:
    """One browser profile: cookies stay, redirects are followed."""

    def __init__(self, *, zone: str = "Europe/Berlin") -> None:
        self.client = Session()
        self.client.trust_env = False
        self.client.headers["Accept"] = "text/html"
        self.client.cookies.set("zone", zone)
        self.follows = True
        """Whether it goes where an answer points."""
        self.response: Response | None = None
        weakref.finalize(self, self.client.close)

    @property
    def _here(self) -> Response:
        if self.response is None:
            raise PageError("No page is open.")
        return self.response

    @property
    def page(self) -> str:
        """What stands on the page now."""
        return self._here.text

    @property
    def url(self) -> str:
        """The address of the page now."""
        return self._here.url

    def open(self, url: str) -> Self:
        """Go to an address; a relative one counts from the page that is open."""
        address = url if self.response is None else urljoin(self.url, url)
        self.response = self.client.get(address, timeout=PATIENCE_S, allow_redirects=self.follows)
        return self

    def form(self, part_of_action: str) -> Form:
        """The first form on this page that is posted to an address containing that."""
        posted = posted_forms(self.page)
        for form in posted:
            if part_of_action in form.action:
                return form
        there = [form.action for form in posted]
        raise PageError(f"No form to {part_of_action!r} on {self.url} (status {self._here.status_code}), only {there}.")

    def send(self, part_of_action: str, **fields: str) -> Self:
        """Fill the form whose address contains that, and send it."""
        form = self.form(part_of_action)
        self.response = self.client.post(
            urljoin(self.url, form.action),
            data=form.values | fields,
            timeout=PATIENCE_S,
            allow_redirects=self.follows,
        )
        return self

    def close(self) -> None:
        """Close the browser."""
        self.client.close()

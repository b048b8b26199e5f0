"""In which language and zone a request is answered: what the reader chose, else what the browser asks, else English."""

from contextlib import AbstractContextManager
from typing import Any, NamedTuple, cast
from urllib.parse import quote, urlencode

from flask import Flask, Response, g, has_app_context, redirect, request

from shared.formats import number
from shared.language import gettext, pgettext, plural_form
from shared.reader import LANGUAGES, SOURCE, Reader, preferred, reader, reading_in
from shared.web.problems import wants_problem

LANGUAGE_COOKIE = "language"
ZONE_COOKIE = "zone"  # live.js writes the browser's IANA zone into it
_A_YEAR_S = 31_536_000


class LanguageLink(NamedTuple):
    """One choice of the switch: the same page in that language."""

    code: str
    name: str
    url: str


def language_links() -> list[LanguageLink]:
    """The page in each language; none where it answers a form, for what was typed would be gone."""
    if request.method != "GET":
        return []
    standing = [pair for pair in request.args.items(multi=True) if pair[0] != LANGUAGE_COOKIE]
    return [
        LanguageLink(code, name, f"?{urlencode([*standing, (LANGUAGE_COOKIE, code)])}")
        for code, name in LANGUAGES.items()
    ]


def register(app: Flask, public_url: str) -> None:
    """Find the reader of each request, give the switch and gettext to the templates, tell caches what decides."""
    environment = cast("Any", app.jinja_env)
    environment.add_extension("jinja2.ext.i18n")
    environment.policies["ext.i18n.trimmed"] = True
    environment.install_gettext_callables(gettext, _ngettext, newstyle=True, pgettext=pgettext, npgettext=_npgettext)
    environment.globals.update(reader=reader, language_links=language_links, zone_is_kept=zone_is_kept)
    app.before_request(_begin)
    app.before_request(_choose(public_url))
    app.after_request(_tell)
    app.teardown_request(_end)


def _ngettext(one: str, many: str, num: int) -> str:
    """For templates: Jinja fills the parameters itself, and would write 1234 where people read 1,234."""
    return plural_form(one, many, num).replace("%(num)s", number(num))


def _npgettext(context: str, one: str, many: str, num: int) -> str:
    return plural_form(one, many, num, context).replace("%(num)s", number(num))


def _begin() -> None:
    g.reading = _reading()
    g.reading.__enter__()


def _reading() -> AbstractContextManager[Reader]:
    """Programs read English: their words are for logs, and by `code` and `facts` they word a refusal themselves."""
    zone = request.cookies.get(ZONE_COOKIE)
    if wants_problem():
        return reading_in(SOURCE, zone)
    header = request.headers.get("Accept-Language", "")
    chosen = request.cookies.get(LANGUAGE_COOKIE)
    if chosen in LANGUAGES:
        return reading_in(preferred(header, {chosen}) or chosen, zone)  # as they write it at home: de_AT
    return reading_in(preferred(header, LANGUAGES), zone, locale=preferred(header))


def _choose(public_url: str) -> Any:
    """`?language=de` on any page keeps the choice for a year, on all services of this host, and shows the page itself.

    A link and not a form: it changes nothing but the reader's own cookie, needs no token and thus no session.
    """

    def choose() -> Response | None:
        chosen = request.args.get(LANGUAGE_COOKIE)
        if request.method != "GET" or chosen not in LANGUAGES or wants_problem():
            return None
        rest = [pair for pair in request.args.items(multi=True) if pair[0] != LANGUAGE_COOKIE]
        query = f"?{urlencode(rest)}" if rest else ""
        answer = cast("Response", redirect(f"{public_url}{quote(request.path)}{query}"))
        answer.set_cookie(
            LANGUAGE_COOKIE,
            chosen,
            max_age=_A_YEAR_S,
            secure=public_url.startswith("https://"),
            httponly=True,
            samesite="Lax",
        )
        return answer

    return choose


def keep_zone(zone: str) -> None:
    """The times of this page are of that zone, whoever reads it and wherever: those of books, say. For a door."""
    here = reader()
    g.kept_reading = reading_in(here.language, zone, locale=here.locale)
    g.kept_reading.__enter__()


def zone_is_kept() -> bool:
    """Whether the page keeps its zone: then the browser does not write the times anew in its own."""
    return has_app_context() and "kept_reading" in g


def _tell(response: Response) -> Response:
    if response.mimetype in {"text/html", "application/problem+json"}:
        response.headers["Content-Language"] = reader().language
        response.vary.update(("Accept-Language", "Cookie"))
    return response


def _end(_error: BaseException | None) -> None:
    for name in ("kept_reading", "reading"):  # the one that was entered last ends first
        if (reading := g.pop(name, None)) is not None:
            reading.__exit__(None, None, None)

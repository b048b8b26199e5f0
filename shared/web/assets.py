"""The look of all services as cached files, each named by its content: a stylesheet, an icon, a script per language."""

import gzip
import re
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path

import flask_bootstrap
from flask import Blueprint, Flask, Response, abort, request

from shared.reader import LANGUAGES, reader
from shared.web.access import public
from shared.web.live_words import live_words

_HERE = Path(__file__).parent / "static"
_BOOTSTRAP = Path(flask_bootstrap.__file__).parent / "static" / "bootstrap5" / "css" / "bootstrap.min.css"
_A_YEAR_S = 31_536_000

blueprint = Blueprint("assets", __name__)


@dataclass(frozen=True, kw_only=True, slots=True)
class Asset:
    """One file as it is sent: its bytes, the same bytes gzipped, and the digest that stands in its address."""

    body: bytes
    zipped: bytes
    mimetype: str
    digest: str


def _bootstrap() -> str:
    """Bootstrap without what the browser would be refused or not find: icons inlined as `data:`, the source map.

    Our Content-Security-Policy is `default-src 'self'`; each `data:` image that a rule uses would be a violation.
    """
    text = _BOOTSTRAP.read_text(encoding="utf-8")
    text = re.sub(r'url\("data:[^"]*"\)', "none", text)
    return re.sub(r"/\*# sourceMappingURL=.*?\*/", "", text)


def _asset(text: str, mimetype: str) -> Asset:
    body = text.encode()
    digest = sha256(body).hexdigest()[:12]
    return Asset(body=body, zipped=gzip.compress(body, mtime=0), mimetype=mimetype, digest=digest)


@cache
def assets() -> dict[str, Asset]:
    """Every asset by its name, read once per process."""
    theme, script, icon = (
        (_HERE / name).read_text(encoding="utf-8") for name in ("theme.css", "live.js", "favicon.svg")
    )
    scripts = {
        f"live.{language}.js": _asset(live_words(language) + script, "text/javascript") for language in LANGUAGES
    }
    return {
        "site.css": _asset(_bootstrap() + "\n" + theme, "text/css"),
        "favicon.svg": _asset(icon, "image/svg+xml"),
        **scripts,
    }


def asset_url(name: str) -> str:
    """The address of an asset: it changes with the content, so that it may be kept for a year."""
    return f"/assets/{assets()[name].digest}/{name}"


def live_script_url() -> str:
    """The address of live.js with the words of whoever reads the page."""
    return asset_url(f"live.{reader().language}.js")


@blueprint.get("/assets/<digest>/<name>")
@public
def asset(digest: str, name: str) -> Response:
    """The asset. An old digest gets the present content too, uncached: a page from before a release keeps its look."""
    found = assets().get(name)
    if found is None:
        abort(404)
    zipped = request.accept_encodings.quality("gzip") > 0
    response = Response(found.zipped if zipped else found.body, mimetype=found.mimetype)
    if zipped:
        response.headers["Content-Encoding"] = "gzip"
    response.headers["Vary"] = "Accept-Encoding"
    # private: a signed-in person's response may renew the session cookie, which no cache between may keep
    fresh = digest == found.digest
    response.headers["Cache-Control"] = f"private, max-age={_A_YEAR_S}, immutable" if fresh else "no-store"
    return response


def register(app: Flask) -> None:
    """Serves the assets from the app and gives their addresses to its templates."""
    app.register_blueprint(blueprint)
    app.jinja_env.globals.update(asset_url=asset_url, live_script_url=live_script_url)

"""The doors of the sign-in: to the provider and back, out again, and where the provider ends sessions."""

from flask import Blueprint, Flask, current_app, redirect, request, session
from werkzeug.exceptions import TooManyRequests
from werkzeug.wrappers import Response

from shared.db import Database
from shared.limits import Limit
from shared.settings import OidcSettings
from shared.staff import store
from shared.telemetry import get_logger
from shared.web.access import public, signed
from shared.web.limits import wait_for
from shared.web.problems import problem
from shared.web.signed_out import lead_to_signed_out
from shared.web.signin.errors import SigninFailed
from shared.web.signin.provider import Provider
from shared.web.signin.sessions import StaffSessions

log = get_logger()

_NEXT = "signin_next"
WRONG_SIGNINS = Limit(name="wrong_signins", most=20, within_s=600)
"""Ways back from the provider that are none, from one network. Who signs in well is not counted."""


def _local(path: str) -> str:
    """A path of this service, whatever was asked for: no open redirect.

    Browsers read a backslash as a slash and drop tabs and line ends (WHATWG URL, 4.4): `/<tab>/host` is that host.
    """
    here = path.startswith("/") and not path.startswith("//") and "\\" not in path and path.isprintable()
    return path if here else "/"


def register(app: Flask, db: Database, settings: OidcSettings, public_url: str) -> None:
    """Add /signin, its callback, /signout and the provider's own door to the application."""
    provider = Provider(app, settings)
    sessions = StaffSessions(db, provider, settings.limits)
    app.extensions["staff_sessions"] = sessions
    pages = Blueprint("signin", __name__)

    @pages.get("/signin")
    @public
    def begin() -> Response:
        session[_NEXT] = _local(request.args.get("next", "/"))
        return provider.lead_there(f"{public_url}/signin/callback")

    @pages.get("/signin/callback")
    @public
    def finish() -> Response:
        wanted = _local(session.get(_NEXT, "/"))
        try:
            arrival = provider.receive()
        except SigninFailed as error:
            if (wait := wait_for(WRONG_SIGNINS)) is not None:
                raise TooManyRequests(retry_after=wait) from error
            raise
        sessions.begin(arrival)
        return redirect(wanted)

    @pages.post("/signout")
    @public
    def end() -> Response:
        sessions.end()
        return lead_to_signed_out()

    @pages.post("/signin/backchannel-logout")
    @signed
    def end_from_there() -> Response:
        """The provider has signed somebody out (OpenID Connect Back-Channel Logout 1.0)."""
        try:
            out = provider.signed_out(request.form.get("logout_token", ""))
        except SigninFailed as refusal:
            log.info("logout token refused", why=refusal.facts.get("why"))
            return problem(400, code=refusal.code, title="No logout token", detail=refusal.message)
        with db.transaction() as transaction:
            ended = store.end_all(transaction, out.subject, sid=out.sid, before=out.at)
        log.info("sessions ended", subject=out.subject, sessions=ended, by="provider")
        return current_app.response_class(status=200)

    app.register_blueprint(pages)

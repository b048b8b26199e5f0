"""Staff sign in at an OpenID provider: no password is stored here, only who they are while the session lasts."""

from typing import Any

from authlib.integrations.base_client import OAuthError
from authlib.integrations.flask_client import OAuth
from flask import Blueprint, Flask, redirect, request, session
from joserfc.errors import JoseError
from requests import RequestException
from werkzeug.exceptions import TooManyRequests
from werkzeug.wrappers import Response

from shared.errors import Kind, ServiceError
from shared.identity import STAFF_ROLES
from shared.language import N_
from shared.limits import Limit
from shared.settings import OidcSettings
from shared.telemetry import get_logger
from shared.web.access import STAFF_SESSION, public
from shared.web.limits import wait_for
from shared.web.signed_out import lead_to_signed_out

log = get_logger()

_NEXT = "signin_next"
WRONG_SIGNINS = Limit(name="wrong_signins", most=20, within_s=600)
"""Ways back from the provider that are none, from one network. Who signs in well is not counted."""
_NOBODY = N_("Nobody can sign in just now. Try again in a moment.")


class SigninFailed(ServiceError):
    """The provider or the person's browser sent something that is no sign-in."""

    kind = Kind.REFUSED
    code = "signin_failed"
    title = N_("The sign-in did not work")


class ProviderUnavailable(ServiceError):
    """The OpenID provider does not answer."""

    kind = Kind.UNAVAILABLE
    code = "signin_unavailable"
    title = N_("The sign-in service does not answer")


def _local(path: str) -> str:
    """A path of this service, whatever was asked for: no open redirect.

    Browsers read a backslash as a slash and drop tabs and line ends (WHATWG URL, 4.4): `/<tab>/host` is that host.
    """
    here = path.startswith("/") and not path.startswith("//") and "\\" not in path and path.isprintable()
    return path if here else "/"


def register(app: Flask, settings: OidcSettings, public_url: str) -> None:
    """Add /signin, /signin/callback and /signout to the application."""
    provider = OAuth(app).register(
        "provider",
        client_id=settings.client_id,
        client_secret=settings.client_secret,
        server_metadata_url=f"{settings.issuer}/.well-known/openid-configuration",
        client_kwargs={
            "scope": "openid profile email groups",
            "code_challenge_method": "S256",
            "default_timeout": 5,
        },
    )
    pages = Blueprint("signin", __name__)

    @pages.get("/signin")
    @public
    def begin() -> Response:
        session[_NEXT] = _local(request.args.get("next", "/"))
        try:
            answer: Response = provider.authorize_redirect(f"{public_url}/signin/callback")
        except RequestException as error:
            raise ProviderUnavailable(_NOBODY) from error
        return answer

    @pages.get("/signin/callback")
    @public
    def finish() -> Response:
        wanted = _local(session.get(_NEXT, "/"))
        try:
            claims: dict[str, Any] = provider.authorize_access_token()["userinfo"]
        except (OAuthError, JoseError, KeyError) as error:
            log.info("sign-in refused", why=str(error))
            if (wait := wait_for(WRONG_SIGNINS)) is not None:
                raise TooManyRequests(retry_after=wait) from error
            raise SigninFailed(N_("Start again from the page that you wanted.")) from error
        except RequestException as error:
            raise ProviderUnavailable(_NOBODY) from error
        granted = claims.get(settings.roles_claim)
        if not isinstance(granted, list):  # a text would match role names inside it
            granted = []
        session.clear()  # nothing of who sat here before
        session[STAFF_SESSION] = {
            "sub": claims["sub"],
            "name": claims.get("name") or claims.get("email") or claims["sub"],
            "email": claims.get("email"),
            "roles": [role for role in STAFF_ROLES if role in granted],
        }
        session.permanent = True
        log.info("signed in", subject=claims["sub"], roles=session[STAFF_SESSION]["roles"])
        return redirect(wanted)

    @pages.post("/signout")
    @public
    def end() -> Response:
        session.clear()
        return lead_to_signed_out()

    app.register_blueprint(pages)

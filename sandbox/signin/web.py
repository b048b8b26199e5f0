"""The provider's page, where one click signs somebody in, and its endpoints for the product."""

from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

from authlib.integrations.flask_oauth2 import current_token
from authlib.oauth2 import OAuth2Error
from authlib.oauth2.rfc6749 import InvalidRequestError
from flask import Flask, Response, render_template, request

from sandbox.pages import create_app as create_page_app
from sandbox.signin.logout import Logout
from sandbox.signin.people import PEOPLE, Person, find
from sandbox.signin.provider import Registry, authorization_server, discovery, token_protector


def create_app(registry: Registry, logout_doors: tuple[str, ...]) -> Flask:
    """The provider's web side. `config["ISSUER"]`, its own public address, must stand before the first request."""
    app = create_page_app(__name__)
    app.extensions["logout"] = Logout(app=app, registry=registry, doors=logout_doors)
    _add_pages(app, registry)
    _add_endpoints(app, registry)
    return app


def _chosen() -> Person | None:
    """Who was clicked; None for "nobody": the person does not want to sign in."""
    sub = request.form.get("sub")
    if not sub and sub is not None:
        return None
    if (person := find(sub or "")) is None:
        raise InvalidRequestError("Nobody of that name works here.")
    return person


def _add_pages(app: Flask, registry: Registry) -> None:
    server = authorization_server(app, registry)

    @app.get("/")
    def index() -> str:
        starts = [urlsplit(uri)._replace(path="/signin", query="").geturl() for uri in registry.client.redirect_uris]
        return render_template("signin/home.html", people=PEOPLE, starts=starts)

    @app.post("/sign-out")
    def sign_out() -> str:
        person = _chosen()
        logout: Logout = app.extensions["logout"]
        heard = logout.everywhere(person) if person else 0
        return render_template("signin/signed_out.html", person=person, heard=heard, doors=len(logout.doors))

    @app.get("/authorize")
    def ask() -> str:
        grant = server.get_consent_grant()
        return render_template("signin/choose.html", people=PEOPLE, to=urlsplit(grant.redirect_uri).netloc)

    @app.post("/authorize")
    def answer() -> Response:
        """The form's `sub` says who; the request's parameters stay in the address, checked again."""
        person = _chosen()
        grant = server.get_consent_grant(end_user=person)
        response: Response = server.create_authorization_response(grant_user=person, grant=grant)
        return response

    @app.post("/token")
    def token() -> Response:
        response: Response = server.create_token_response()
        return response

    @app.errorhandler(OAuth2Error)
    def refused(error: OAuth2Error) -> Response | tuple[str, int]:
        if error.redirect_uri:  # checked before it was set: the client hears it
            response: Response = server.handle_error_response(None, error)
            return response
        return render_template("signin/refused.html", why=error.get_error_description()), HTTPStatus.BAD_REQUEST


def _add_endpoints(app: Flask, registry: Registry) -> None:
    protector = token_protector(registry)

    @app.get("/.well-known/openid-configuration")
    def configuration() -> dict[str, Any]:
        return discovery(app.config["ISSUER"])

    @app.get("/jwks.json")
    def keys() -> dict[str, Any]:
        return {"keys": [registry.key.as_dict(private=False)]}

    @app.route("/userinfo", methods=["GET", "POST"])
    @protector("openid")
    def userinfo() -> dict[str, Any]:
        claims: dict[str, Any] = current_token.person.claims(current_token.scope)
        return claims

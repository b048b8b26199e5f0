"""Somebody of the staff who is signed in already: the session stands on the server as a sign-in leaves it.

The provider is not asked again: its word is of a day to come. The sign-in itself has tests of its own.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

from flask import Flask
from flask.sessions import SecureCookieSessionInterface
from flask.testing import FlaskClient

from shared.ids import digest, new_token
from shared.staff import store
from shared.staff.session import Limits, Person
from shared.web.signin.sessions import STAFF_SESSION, seal

_FAR = datetime(2100, 1, 1, tzinfo=UTC)
_LIMITS = Limits(lasts=timedelta(days=1), idle=timedelta(0), roles_hold=timedelta(0), without_answer=timedelta(0))


def stand_in_session(app: Flask, sub: str, name: str, roles: tuple[str, ...], email: str | None = None) -> str:
    """A session at this service; returns the secret that its cookie holds."""
    secret = new_token()
    person = Person(subject=sub, name=name, email=email, roles=roles)
    with app.extensions["database"].transaction() as session:
        store.begin(session, digest(secret), person, seal(secret, {"access_token": "none"}), _FAR, _LIMITS)
    return secret


def sign_in(client: FlaskClient, sub: str, name: str, *roles: str, email: str | None = None) -> None:
    """Let this client be the browser of somebody who is signed in."""
    secret = stand_in_session(client.application, sub, name, roles, email)
    with client.session_transaction() as session:
        session[STAFF_SESSION] = secret


def cookie_of(app: Any, sub: str, name: str, *roles: str, email: str | None = None) -> tuple[str, str]:
    """Name and value of the cookie of somebody who is signed in."""
    signer = SecureCookieSessionInterface().get_signing_serializer(app)
    assert signer is not None
    secret = stand_in_session(app, sub, name, roles, email)
    return app.config["SESSION_COOKIE_NAME"], signer.dumps({STAFF_SESSION: secret})

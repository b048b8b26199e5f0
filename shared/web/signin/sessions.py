"""The session of whoever sits at the browser: begun, found again, looked at again, ended.

The cookie holds a secret and nothing else of it. Postgres holds its digest, and the provider's tokens sealed by it:
neither a copy of the database nor of the cookie's key opens anything.
"""

import json
from hashlib import sha256
from time import monotonic, sleep
from typing import Final

from flask import request, session
from joserfc import jwe
from joserfc.jwk import OctKey

from shared import clock
from shared.db import Database
from shared.identity import Caller
from shared.ids import digest, new_token
from shared.staff import store
from shared.staff.session import Limits, Person, StaffSession
from shared.telemetry import get_logger
from shared.web.signin.errors import NOBODY, ProviderUnavailable, SigninFailed
from shared.web.signin.provider import Arrival, Provider, Tokens

log = get_logger()

STAFF_SESSION: Final = "staff"
"""Where in the cookie the secret stands."""
_LIVE: Final = "X-Live"
"""live.js says so of what a page asks by itself: that is no sign of life of a person."""
_OTHERS_LOOK_S: Final = 2.0
_LOOK_STEP_S: Final = 0.05


class StaffSessions:
    """The sessions of staff at this service."""

    def __init__(self, db: Database, provider: Provider, limits: Limits) -> None:
        self._db, self._provider, self.limits = db, provider, limits

    def begin(self, arrival: Arrival) -> None:
        """Whoever came back from the provider is signed in, at this browser."""
        secret, now = new_token(), clock.now()
        sealed = seal(secret, arrival.tokens)
        with self._db.transaction() as transaction:
            store.forget_ended(transaction, now)
            store.begin(transaction, digest(secret), arrival.person, sealed, now, self.limits)
        session.clear()  # nothing of who sat here before
        session[STAFF_SESSION] = secret
        session.permanent = True
        log.info("signed in", subject=arrival.person.subject, roles=arrival.person.roles)

    def end(self) -> None:
        """Whoever sits at this browser is signed out: here, and wherever the cookie was copied to."""
        if secret := _secret():
            with self._db.transaction() as transaction:
                store.end(transaction, digest(secret))
        session.clear()

    def caller(self) -> Caller | None:
        """Who sits at this browser, with roles as young as the settings ask for; None for a stranger."""
        secret = _secret()
        if secret is None:
            return None
        key = digest(secret)
        began = monotonic()
        while (found := self._find(key)) is not None:
            if found.must_look:
                return self._look(secret, found.session)
            if found.session.is_believed(clock.now(), self.limits):
                return _caller(found.session.person)
            # Another request of the same browser is at the provider just now.
            if monotonic() - began > _OTHERS_LOOK_S:
                raise ProviderUnavailable(NOBODY)
            sleep(_LOOK_STEP_S)
        return None

    def _find(self, key: str) -> store.Found | None:
        with self._db.transaction() as transaction:
            return store.find(transaction, key, clock.now(), self.limits, active=_LIVE not in request.headers)

    def _look(self, secret: str, known: StaffSession) -> Caller | None:
        """Ask the provider, with nothing locked, and write down what it said."""
        key, person = digest(secret), known.person
        tokens = _open(secret, known.sealed_tokens)
        try:
            tokens = self._provider.renew(tokens)
            person = self._provider.who(person, tokens)
        except SigninFailed as refusal:
            self._end(key, person.subject, str(refusal.facts.get("why")))
            return None
        except ProviderUnavailable as error:
            log.warning("roles not looked at again", subject=person.subject, why=str(error.__cause__))
            if not known.outlasts_silence(clock.now(), self.limits):
                self._end(key, person.subject, "the provider has not answered for too long")
                return None
            with self._db.transaction() as transaction:
                store.put_off(transaction, key, seal(secret, tokens), clock.now(), self.limits)
            return _caller(person)
        with self._db.transaction() as transaction:
            store.confirm(transaction, key, person, seal(secret, tokens), clock.now(), self.limits)
        if set(person.roles) != set(known.person.roles):
            log.info("roles changed", subject=person.subject, before=known.person.roles, after=person.roles)
        return _caller(person)

    def _end(self, key: str, subject: str, why: str) -> None:
        with self._db.transaction() as transaction:
            store.end(transaction, key)
        log.info("session ended", subject=subject, why=why)


def _secret() -> str | None:
    secret = session.get(STAFF_SESSION)
    return secret if isinstance(secret, str) else None


def _caller(who: Person) -> Caller:
    return Caller(kind="staff", name=who.name, subject=who.subject, roles=frozenset(who.roles), email=who.email)


def _key(secret: str) -> OctKey:
    return OctKey.import_key(sha256(f"the provider's tokens:{secret}".encode()).digest())


def seal(secret: str, tokens: Tokens) -> str:
    """The tokens as Postgres keeps them."""
    return jwe.encrypt_compact({"alg": "dir", "enc": "A256GCM"}, json.dumps(tokens), _key(secret))


def _open(secret: str, sealed: str) -> Tokens:
    plain = jwe.decrypt_compact(sealed, _key(secret)).plaintext
    tokens: Tokens = json.loads(plain or b"{}")
    return tokens

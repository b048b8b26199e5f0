"""A sign-in provider for development: OpenID Connect as the product needs it, demo people, no password."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from sandbox.pages import HttpServer
from sandbox.signin.keys import signing_key
from sandbox.signin.logout import Logout
from sandbox.signin.people import PEOPLE, Person, find
from sandbox.signin.provider import Client, Registry
from sandbox.signin.short_lived import ShortLived
from sandbox.signin.web import create_app

__all__ = ["PEOPLE", "Person", "SigninProvider", "start"]


@dataclass(frozen=True, kw_only=True)
class SigninProvider:
    """A running provider."""

    web: HttpServer
    logout: Logout

    @property
    def url(self) -> str:
        """Where it listens, without a slash at the end; also the issuer where no public address was given."""
        return self.web.url

    def sign_out(self, sub: str) -> int:
        """Sign a person out everywhere; how many services have heard it."""
        person = find(sub)
        return 0 if person is None else self.logout.everywhere(person)

    def stop(self) -> None:
        """Free the port; the key stays on disk."""
        self.web.stop()


def start(
    state_dir: str | Path,
    *,
    client_id: str,
    client_secret: str,
    redirect_uris: Iterable[str],
    logout_doors: Iterable[str] = (),
    port: int = 0,
    public_url: str | None = None,
    code_lifetime_s: float = 60,
) -> SigninProvider:
    """Start it in a thread of this process; its key is kept in `state_dir`. Port 0 means any free one.

    `logout_doors` are the addresses at which the services hear that somebody is signed out.
    """
    registry = Registry(
        client=Client(client_id=client_id, client_secret=client_secret, redirect_uris=tuple(redirect_uris)),
        key=signing_key(Path(state_dir)),
        codes=ShortLived(code_lifetime_s),
    )
    app = create_app(registry, tuple(logout_doors))
    web = HttpServer(app=app, port=port)
    app.config["ISSUER"] = public_url or web.url
    return SigninProvider(web=web.start(), logout=app.extensions["logout"])

"""The provider's settings: where it listens and keeps its key, and the one client that it serves."""

from dataclasses import dataclass, field
from pathlib import Path

from shared.env import Env, SettingsError

_LOOPBACK = ("127.0.0.1", "localhost")


@dataclass(frozen=True, kw_only=True)
class Settings:
    """All settings of one provider."""

    port: int
    public_url: str
    state_dir: Path
    client_id: str
    client_secret: str = field(repr=False)
    redirect_uris: tuple[str, ...]
    logout_doors: tuple[str, ...]


def from_env(env: Env) -> Settings:
    """The settings in the environment; a refusal names the variable.

    It listens on this machine only: whoever reaches the page is whoever they click.
    """
    bind = env.text("BIND", "Where the provider listens.", default="127.0.0.1:8006")
    host, _, port = bind.rpartition(":")
    if host not in _LOOPBACK or not port.isdigit():
        raise SettingsError(
            "BIND must be 127.0.0.1 and a port, such as 127.0.0.1:8006: this page asks for no password."
            " Set BIND in the environment and start again."
        )
    return Settings(
        port=int(port),
        public_url=env.url("PUBLIC_URL", "The issuer, as browsers reach it.", default=f"http://{bind}"),
        state_dir=Path(env.text("SIGNIN_STATE", "The folder of its key.", default=".sandbox/signin")),
        client_id=env.text("SIGNIN_CLIENT_ID", "The one client that it serves."),
        client_secret=env.secret("SIGNIN_CLIENT_SECRET", "The secret of that client."),
        redirect_uris=env.items("SIGNIN_REDIRECT_URIS", "Where it may send browsers back to."),
        logout_doors=env.items("SIGNIN_LOGOUT_DOORS", "Where the services hear that somebody is signed out."),
    )

"""`python -m sandbox.signin`: the provider as a process of its own, settings from the environment."""

from sandbox.processes import wait_for_end
from sandbox.signin import start
from sandbox.signin.settings import from_env
from shared.env import Env


def main() -> None:
    """Run until the terminal or the supervisor says stop."""
    settings = from_env(Env())
    provider = start(
        settings.state_dir,
        client_id=settings.client_id,
        client_secret=settings.client_secret,
        redirect_uris=settings.redirect_uris,
        logout_doors=settings.logout_doors,
        port=settings.port,
        public_url=settings.public_url,
    )
    print(f"Sign-in with demo people at {settings.public_url}", flush=True)
    wait_for_end()
    provider.stop()


if __name__ == "__main__":
    main()

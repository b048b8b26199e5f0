"""The only wiring of billing: settings -> database, catalog, Stripe, peers -> web application or worker."""

import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

from services.billing.catalog.catalog import Catalog, CatalogError, parse_catalog
from services.billing.config import Settings
from services.billing.context import Context
from services.billing.gateways.entitlements import EntitlementsGateway
from services.billing.gateways.queue import QueueGateway
from services.billing.gateways.stripe.gateway import StripeGateway
from services.billing.offers.push import push_catalog
from services.billing.pending import KINDS, count_pending
from services.billing.retention import retention
from shared.db import Database
from shared.env import SettingsError
from shared.http import ServiceClient
from shared.identity import ServiceIdentity
from shared.jobs import JobQueue
from shared.settings import owner_database_url
from shared.telemetry import configure_logging
from shared.workers import run_workers

if TYPE_CHECKING:
    from apiflask import APIFlask

HERE = Path(__file__).parent

# Flask and what stands on it are imported where HTTP is served: workers start a third sooner without it.


def read_catalog(named: str | None) -> Catalog:
    """The catalog that CATALOG_FILE names, or the one of this release; or a refusal that says what is wrong with it."""
    file = Path(named) if named else HERE / "catalog.toml"
    try:
        return parse_catalog(tomllib.loads(file.read_text(encoding="utf-8")))
    except OSError as error:
        raise SettingsError(f"CATALOG_FILE must be the path of a file that can be read, not {named!r}.") from error
    except (CatalogError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingsError(f"{file.name} cannot be used: {error}") from error


def build_context(settings: Settings, *, pooled: bool = True) -> Context:
    """The database with its wake-ups, the catalog, Stripe and the peers."""
    common = settings.common
    identity = ServiceIdentity("billing", common.service_private_key)
    wake = JobQueue(common.redis_url, "billing").enqueue
    peers = {
        "entitlements": ServiceClient(settings.entitlements_url, "entitlements", identity),
        "queue": ServiceClient(settings.queue_url, "queue", identity),
    }
    return Context(
        settings=settings,
        db=Database(common.database_url, pool_size=common.web_threads, pooled=pooled, enqueue=wake),
        retention=retention(settings),
        catalog=read_catalog(settings.catalog_file),
        stripe=StripeGateway(settings.stripe_api_key, api_base=settings.stripe_api_base),
        entitlements=EntitlementsGateway(peers["entitlements"]),
        queue=QueueGateway(peers["queue"]),
        peers=peers,
    )


def create_app(settings: Settings | None = None) -> "APIFlask":
    """The web application."""
    from services.billing import routes  # noqa: PLC0415 - only for HTTP
    from shared.web import factory  # noqa: PLC0415 - only for HTTP

    settings = settings or Settings.read()
    context = build_context(settings)
    return factory.create_app(
        settings=settings.common,
        title="Billing",
        description="What is sold and paid, the books, and how they are matched with Stripe.",
        context=context,
        db=context.db,
        blueprints=routes.blueprints(context),
        pending=count_pending,
        work=KINDS,
        package=HERE,
        oidc=settings.oidc,
        form_targets=(settings.queue_public_url,),
    )


def run_web() -> None:
    """Serve HTTP."""
    from shared.web.server import serve  # noqa: PLC0415 - only for HTTP

    settings = _start()
    serve(lambda: create_app(settings), settings.common)


def run_worker(*pools: str) -> None:
    """Work on the jobs of these pools (of all where none is named), and wake their sweeps."""
    settings = _start()
    run_workers("billing", settings.common.redis_url, lambda: build_context(settings), pools)


def run_migrate() -> None:
    """Bring the database to the newest migration."""
    from shared.migrations import migrate  # noqa: PLC0415 - Alembic costs each start 0.3 s; only this process needs it

    settings = _start()
    migrate(HERE / "migrations", owner_database_url(), settings.common.database_url)


def run_work(*words: str) -> None:
    """The operator's command line for pending work: what waits, what is parked and why, and its release."""
    from shared.work.command import run_command  # noqa: PLC0415 - only for this process

    run_command(build_context(_start(), pooled=False).db, KINDS, words)


def run_push_catalog() -> None:
    """Make Stripe's products and prices equal to the catalog's, once."""
    push_catalog(build_context(_start(), pooled=False))


def run_api_key(*words: str) -> None:
    """Make a key for an integrator, or show the scopes that a key can have."""
    from shared.web.api_key_command import run_command  # noqa: PLC0415 - only for the operator

    run_command(create_app(_start()), "billing", words)


def run_sessions(*words: str) -> None:
    """Show an operator who is signed in, or end somebody's sessions."""
    from shared.staff.command import run_command  # noqa: PLC0415 - only for the operator

    settings = _start()
    run_command(build_context(settings, pooled=False).db, settings.oidc.limits, words)


def _start() -> Settings:
    settings = Settings.read()
    configure_logging("billing", settings.common.log_format)
    return settings

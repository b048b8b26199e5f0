"""The only wiring of billing: settings -> database, catalog, Stripe, peers -> web application or worker."""

import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

from services.billing.config import Settings
from services.billing.domain.catalog import Catalog, parse_catalog
from services.billing.gateways.stripe import StripeApi
from services.billing.ports import Context
from services.billing.use_cases.count_pending import count_pending
from services.billing.use_cases.push_catalog import push_catalog
from shared.db import Database
from shared.env import Env
from shared.http import ServiceClient
from shared.identity import ServiceIdentity
from shared.jobs import JobQueue
from shared.telemetry import configure_logging
from shared.workers import run_workers

if TYPE_CHECKING:
    from apiflask import APIFlask

HERE = Path(__file__).parent

# Flask and what stands on it are imported where HTTP is served: workers start a third sooner without it.


def read_catalog() -> Catalog:
    """The catalog that ships with this release; CatalogError names the entry that is wrong."""
    return parse_catalog(tomllib.loads((HERE / "catalog.toml").read_text(encoding="utf-8")))


def build_context(settings: Settings, *, pooled: bool = True) -> Context:
    """The database with its wake-ups, the catalog, Stripe and the peers."""
    common = settings.common
    identity = ServiceIdentity("billing", common.service_private_key)
    wake = JobQueue(common.redis_url, "billing").enqueue
    return Context(
        settings=settings,
        db=Database(common.database_url, pool_size=common.web_threads, pooled=pooled, enqueue=wake),
        catalog=read_catalog(),
        stripe=StripeApi(settings.stripe_api_key, api_base=settings.stripe_api_base),
        peers={
            "entitlements": ServiceClient(settings.entitlements_url, "entitlements", identity),
            "queue": ServiceClient(settings.queue_url, "queue", identity),
        },
    )


def create_app(settings: Settings | None = None) -> "APIFlask":
    """The web application."""
    from services.billing.web import routes  # noqa: PLC0415 - only for HTTP
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
        package=HERE / "web",
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
    migrate(HERE / "migrations", Env().url("MIGRATION_DATABASE_URL"), settings.common.database_url)


def run_push_catalog() -> None:
    """Make Stripe's products and prices equal to the catalog's, once."""
    context = build_context(_start(), pooled=False)
    push_catalog(context.stripe, context.catalog)


def _start() -> Settings:
    settings = Settings.read()
    configure_logging("billing", settings.common.log_format)
    return settings

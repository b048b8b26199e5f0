"""The only wiring of the queue: settings -> database, gateways -> web application or worker."""

from pathlib import Path
from typing import TYPE_CHECKING

from services.queue.config import Settings
from services.queue.context import Context
from services.queue.gateways.billing import BillingGateway
from services.queue.gateways.entitlements import EntitlementsGateway
from services.queue.gateways.mail import SmtpMailServer
from services.queue.pending import KINDS, count_pending
from services.queue.retention import retention
from shared.db import Database
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


def build_context(settings: Settings, *, pooled: bool = True) -> Context:
    """The database with its wake-ups, and the gateways."""
    common = settings.common
    identity = ServiceIdentity("queue", common.service_private_key)
    wake = JobQueue(common.redis_url, "queue").enqueue
    entitlements = ServiceClient(settings.entitlements_url, "entitlements", identity)
    return Context(
        settings=settings,
        db=Database(common.database_url, pool_size=common.web_threads, pooled=pooled, enqueue=wake),
        retention=retention(settings),
        entitlements=EntitlementsGateway(entitlements),
        billing=BillingGateway(ServiceClient(settings.billing_url, "billing", identity)),
        mail=SmtpMailServer(settings.smtp_url, settings.mail_from, tls=settings.smtp_tls),
        peers={"entitlements": entitlements},
    )


def create_app(settings: Settings | None = None) -> "APIFlask":
    """The web application."""
    from services.queue import routes  # noqa: PLC0415 - only for HTTP
    from shared.web import factory  # noqa: PLC0415 - only for HTTP

    settings = settings or Settings.read()
    context = build_context(settings)
    return factory.create_app(
        settings=settings.common,
        title="Queue",
        description="Tickets, their conversation and their promise; hands the next one to an agent.",
        context=context,
        db=context.db,
        blueprints=routes.blueprints(context),
        pending=count_pending,
        work=KINDS,
        package=HERE,
        oidc=settings.oidc,
        form_targets=(settings.checkout_origin,),
    )


def run_web() -> None:
    """Serve HTTP."""
    from shared.web.server import serve  # noqa: PLC0415 - only for HTTP

    settings = _start()
    serve(lambda: create_app(settings), settings.common)


def run_worker(*pools: str) -> None:
    """Work on the jobs of these pools (of all where none is named), and wake their sweeps."""
    settings = _start()
    run_workers("queue", settings.common.redis_url, lambda: build_context(settings), pools)


def run_migrate() -> None:
    """Bring the database to the newest migration."""
    from shared.migrations import migrate  # noqa: PLC0415 - Alembic costs each start 0.3 s; only this process needs it

    settings = _start()
    migrate(HERE / "migrations", owner_database_url(), settings.common.database_url)


def run_work(*words: str) -> None:
    """Show an operator what waits and what is parked, or release it."""
    from shared.work.command import run_command  # noqa: PLC0415 - only for the operator

    run_command(build_context(_start(), pooled=False).db, KINDS, words)


def run_api_key(*words: str) -> None:
    """Make a key for an integrator, or show the scopes that a key can have."""
    from shared.web.api_key_command import run_command  # noqa: PLC0415 - only for the operator

    run_command(create_app(_start()), "queue", words)


def run_sessions(*words: str) -> None:
    """Show an operator who is signed in, or end somebody's sessions."""
    from shared.staff.command import run_command  # noqa: PLC0415 - only for the operator

    settings = _start()
    run_command(build_context(settings, pooled=False).db, settings.oidc.limits, words)


def _start() -> Settings:
    settings = Settings.read()
    configure_logging("queue", settings.common.log_format)
    return settings

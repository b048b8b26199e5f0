"""What an operator and a load balancer ask a service: alive, ready, what waits, and which release it is."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import sqlalchemy as sa
from apiflask import APIBlueprint, Schema
from apiflask.fields import String
from flask import Response, jsonify
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from shared.db import Database
from shared.env import set_by_parent
from shared.settings import CommonSettings
from shared.telemetry import get_logger
from shared.version import VERSION
from shared.web.access import public

log = get_logger()

Pending = Callable[[Session], Mapping[str, int]]


class Release(Schema):
    """Which release answers, and how far its database was migrated."""

    service = String()
    version = String(metadata={"description": "As in CHANGELOG.md."})
    commit = String(allow_none=True, metadata={"description": "In git; null where the build did not say."})
    schema_revision = String(
        allow_none=True,
        metadata={"description": "The newest migration of the service's database; null while it does not answer."},
    )


class _PendingCollector:
    """Counts from the database at each scrape what has not converged yet."""

    def __init__(self, service: str, counts: Mapping[str, int]) -> None:
        self._service = service
        self._counts = counts

    def collect(self) -> Iterable[GaugeMetricFamily]:
        family = GaugeMetricFamily("pending", "What waits to converge, by kind.", labels=["service", "kind"])
        for kind, count in self._counts.items():
            family.add_metric([self._service, kind], count)
        yield family


def _schema_revision(db: Database) -> str | None:
    try:
        with db.transaction() as session:
            revision: str | None = session.execute(sa.text("SELECT version_num FROM alembic_version")).scalar()
    except SQLAlchemyError as error:
        log.warning("schema revision unknown", why=type(error).__name__)
        return None
    return revision


def operation_routes(settings: CommonSettings, db: Database, pending: Pending) -> APIBlueprint:
    """/livez, /readyz, /metrics and /version. They hold no secret, no customer's data, and need no credential."""
    routes = APIBlueprint("operation", __name__, tag="Operation")

    @routes.get("/version")
    @public
    @routes.output(Release)
    def version() -> dict[str, Any]:
        """Say which release this is, and how far its database was migrated."""
        return {
            "service": settings.service,
            "version": VERSION,
            "commit": settings.build_commit,
            "schema_revision": _schema_revision(db),
        }

    @routes.get("/livez")
    @public
    @routes.doc(hide=True)  # what machines of the operator ask is no part of the API
    def livez() -> Response:
        return jsonify(status="alive", service=settings.service)

    @routes.get("/readyz")
    @public
    @routes.doc(hide=True)
    def readyz() -> tuple[Response, int]:
        try:
            with db.transaction() as session:
                counts = dict(pending(session))
        except SQLAlchemyError as error:
            log.warning("not ready", why=type(error).__name__)
            answer = jsonify(
                status="not ready", service=settings.service, why="The database does not answer, or is not migrated."
            )
            return answer, 503
        return jsonify(status="ready", service=settings.service, pending=counts), 200

    @routes.get("/metrics")
    @public
    @routes.doc(hide=True)
    def metrics() -> Response:
        registry = REGISTRY
        if set_by_parent("PROMETHEUS_MULTIPROC_DIR"):
            registry = CollectorRegistry()
            MultiProcessCollector(registry)  # type: ignore[no-untyped-call] # the library has no types there
        body = generate_latest(registry)
        try:
            with db.transaction() as session:
                counts = dict(pending(session))
        except SQLAlchemyError:
            counts = {}
        waiting = CollectorRegistry()
        waiting.register(_PendingCollector(settings.service, counts))
        return Response(body + generate_latest(waiting), content_type=CONTENT_TYPE_LATEST)

    return routes

"""What an operator and a load balancer ask a service: alive, ready, and what waits."""

from collections.abc import Callable, Iterable, Mapping

from flask import Blueprint, Response, jsonify
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from shared.db import Database
from shared.env import set_by_parent
from shared.settings import CommonSettings
from shared.telemetry import get_logger
from shared.web.access import public

log = get_logger()

Pending = Callable[[Session], Mapping[str, int]]


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


def operation_routes(settings: CommonSettings, db: Database, pending: Pending) -> Blueprint:
    """/livez, /readyz and /metrics. They hold no secret and no customer's data, and need no credential."""
    routes = Blueprint("operation", __name__)

    @routes.get("/livez")
    @public
    def livez() -> Response:
        return jsonify(status="alive", service=settings.service)

    @routes.get("/readyz")
    @public
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

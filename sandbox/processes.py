"""Which processes the sandbox runs, in which order: a stage begins when all of the one before is ready."""

import signal
import threading
from dataclasses import dataclass

SERVICE_PROCESSES = {
    "billing": ("web", "worker"),
    "entitlements": ("web", "worker"),
    "queue": ("web", "worker"),
}
"""What runs as long as the product runs."""

SERVICE_ONE_SHOTS = {
    "billing": ("migrate", "push-catalog"),
    "entitlements": ("migrate",),
    "queue": ("migrate",),
}
"""What runs once at each start, before the service itself."""


@dataclass(frozen=True, kw_only=True)
class Part:
    """A process as the supervisor starts it. `http` names the part in settings.OFFSETS whose /readyz says ready."""

    name: str
    module: str
    arguments: tuple[str, ...] = ()
    service: str | None = None
    http: str | None = None
    once: bool = False


def service_part(service: str, process: str) -> Part:
    """One process kind of a service."""
    return Part(
        name=f"{service}-{process}",
        module=f"services.{service}",
        arguments=(process,),
        service=service,
        http=service if process == "web" else None,
        once=process in SERVICE_ONE_SHOTS[service],
    )


def stages() -> tuple[tuple[Part, ...], ...]:
    """All Python processes, stage by stage. Postgres and Valkey run before the first."""
    helpers = (
        Part(name="stripe", module="sandbox.stripe", http="stripe"),
        Part(name="mail", module="sandbox.mail", http="mail"),
        Part(name="signin", module="sandbox.signin", http="signin"),
    )
    migrations = tuple(service_part(service, "migrate") for service in SERVICE_ONE_SHOTS)
    catalog = (service_part("billing", "push-catalog"),)
    running = tuple(
        service_part(service, process) for service, processes in SERVICE_PROCESSES.items() for process in processes
    )
    return (helpers + migrations, catalog + running)


def wait_for_end() -> None:
    """Sleep until SIGINT or SIGTERM: how a part of the sandbox waits for its supervisor."""
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    ended.wait()

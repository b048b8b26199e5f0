"""The web process: gunicorn with threads, around an application that is built after the fork."""

import tempfile
from collections.abc import Callable
from typing import Any

from flask import Flask
from gunicorn.app.base import BaseApplication

from shared.env import set_for_children
from shared.settings import CommonSettings


class _Server(BaseApplication):
    def __init__(self, build: Callable[[], Flask], options: dict[str, Any]) -> None:
        self._build = build
        self._options = options
        super().__init__()

    def load_config(self) -> None:
        for name, value in self._options.items():
            self.cfg.set(name, value)

    def load(self) -> Flask:
        return self._build()


def _forget_dead_worker(_server: Any, worker: Any) -> None:
    from prometheus_client.multiprocess import mark_process_dead  # noqa: PLC0415 - reads its folder when imported

    mark_process_dead(worker.pid)  # type: ignore[no-untyped-call] # the library has no types there


def serve(build: Callable[[], Flask], settings: CommonSettings) -> None:
    """Serve until told to stop; requests that run are finished first."""
    with tempfile.TemporaryDirectory(prefix=f"{settings.service}-metrics-") as folder:
        set_for_children("PROMETHEUS_MULTIPROC_DIR", folder)
        options = {
            "bind": settings.bind,
            "workers": settings.web_workers,
            "worker_class": "gthread",
            "threads": settings.web_threads,
            "timeout": 30,
            "graceful_timeout": 10,
            "keepalive": 5,
            "limit_request_line": 4094,
            "loglevel": "warning",
            "control_socket_disable": True,
            "child_exit": _forget_dead_worker,
        }
        _Server(build, options).run()

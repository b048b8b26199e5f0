"""The web process: gunicorn with threads, around an application that is built once, before its processes are forked.

So nothing that builds it may open a connection or start a thread: neither survives a fork.
"""

import fcntl
import gc
import os
import shutil
import socket
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from time import monotonic
from typing import Any

from flask import Flask
from gunicorn.app.base import BaseApplication
from gunicorn.workers.gthread import ThreadWorker

from shared.env import set_for_children
from shared.settings import CommonSettings

SLOWEST_REQUEST_S = 30
"""So long a client may take to send a request. It holds a thread meanwhile, and there are few."""


class _Worker(ThreadWorker):
    """gunicorn waits without end for the rest of a request: a handful of slow clients would stop the service."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._began: dict[Any, float] = {}

    def handle(self, conn: Any) -> Any:
        """In a thread: read a request and answer it."""
        self._began[conn] = monotonic()
        try:
            return super().handle(conn)
        finally:
            del self._began[conn]

    def murder_pending(self) -> None:
        """Each second, in the main thread: close for reading what has been read for too long; answers still leave."""
        super().murder_pending()
        latest = monotonic() - SLOWEST_REQUEST_S
        for conn, began in self._began.copy().items():
            if began < latest:
                with suppress(OSError):
                    conn.sock.shutdown(socket.SHUT_RD)


class _Server(BaseApplication):
    def __init__(self, build: Callable[[], Flask], options: dict[str, Any]) -> None:
        self._build = build
        self._options = options
        super().__init__()

    def load_config(self) -> None:
        for name, value in self._options.items():
            self.cfg.set(name, value)

    def load(self) -> Flask:
        app = self._build()
        # What is there now stays until the end: the collector need not look through it again in each request.
        gc.collect()
        gc.freeze()
        return app


def _forget_dead_worker(_server: Any, worker: Any) -> None:
    from prometheus_client.multiprocess import mark_process_dead  # noqa: PLC0415 - reads its folder when imported

    mark_process_dead(worker.pid)  # type: ignore[no-untyped-call] # the library has no types there


@contextmanager
def _metrics_folder(service: str) -> Iterator[str]:
    """A folder for what the web processes count; those that a killed process of this service left are removed.

    A living one holds the lock on its folder, and its workers with it: the kernel gives it back, however they end.
    """
    prefix = f"{service}-metrics-"
    for left in Path(tempfile.gettempdir()).glob(f"{prefix}*"):
        with suppress(OSError), _locked(left):  # held: somebody counts there; or it is another user's
            shutil.rmtree(left)
    folder, made_by = tempfile.mkdtemp(prefix=prefix), os.getpid()
    try:
        with _locked(Path(folder)):
            yield folder
    finally:
        if os.getpid() == made_by:  # a worker that ends comes by here as well, and the others still count
            shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Hold a folder. Raises OSError where somebody holds it already."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(handle)


def serve(build: Callable[[], Flask], settings: CommonSettings) -> None:
    """Serve until told to stop; requests that run are finished first."""
    with _metrics_folder(settings.service) as folder:
        set_for_children("PROMETHEUS_MULTIPROC_DIR", folder)
        options = {
            "bind": settings.bind,
            "workers": settings.web_workers,
            "worker_class": _Worker,
            "preload_app": True,  # what is imported and built stands in memory once, for all web processes
            "threads": settings.web_threads,
            "timeout": 30,
            "graceful_timeout": 10,
            "keepalive": 5,
            "limit_request_line": 4094,
            "loglevel": "error",  # a warning prints the line of a request that is none, and a link in it
            "control_socket_disable": True,
            "child_exit": _forget_dead_worker,
        }
        _Server(build, options).run()

"""Starts the stand-in: in its own process (`serve`), or in a thread for tests (`start`)."""

import signal
import threading
from dataclasses import replace
from pathlib import Path
from types import FrameType

from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from sandbox.stripe.app import create_app
from sandbox.stripe.courier import Courier
from sandbox.stripe.settings import Settings
from sandbox.stripe.world import World


class _QuietHandler(WSGIRequestHandler):
    """Says nothing of requests that went well: the supervisor's terminal belongs to the services."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        if not str(code).isdigit() or int(code) >= 500:  # noqa: PLR2004 - server errors
            super().log_request(code, size)


class Handle:
    """A running stand-in. `url`: where it answers; `stop()` ends it, its state stays in the folder."""

    def __init__(self, settings: Settings) -> None:
        # Bind first: with port 0 only the server knows the port that the addresses must carry.
        self._server: BaseWSGIServer = make_server(
            settings.host, settings.port, _not_yet, threaded=True, request_handler=_QuietHandler
        )
        here = f"http://{settings.host}:{self._server.server_port}"
        self.settings = settings if settings.port else replace(settings, port=self._server.server_port, public_url=here)
        self.url = here
        try:
            self._world = World(self.settings)
        except BaseException:
            self._server.server_close()
            raise
        self._courier = Courier(self._world)
        self._server.app = create_app(self._world, self._courier.timekeeper)

    def run(self) -> None:
        """Answer requests until `shutdown`."""
        self._courier.start()
        self._server.serve_forever(poll_interval=0.1)

    def shutdown(self) -> None:
        """Stop answering; callable from another thread than `run`'s."""
        self._server.shutdown()

    def close(self) -> None:
        """Let go of port, courier and database; after `run` returned."""
        self._server.server_close()
        self._courier.stop()
        self._world.close()


class ThreadedHandle(Handle):
    """A stand-in in a thread of this process."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self._thread = threading.Thread(target=self.run, name="stripe-standin", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop it; a later `start` with the same folder finds its state."""
        self.shutdown()
        self._thread.join()
        self.close()


def _not_yet(_environ: object, _start_response: object) -> list[bytes]:
    return []


def start(
    state_dir: Path,
    api_key: str,
    port: int = 0,
    *,
    webhook_url: str | None = None,
    webhook_secret: str | None = None,
    retry_base_s: float | None = 0.05,
    capture_s: float = 0.0,
    settles: tuple[str, ...] = (),
) -> ThreadedHandle:
    """A stand-in in a thread on 127.0.0.1, by default on a free port, that retries webhooks quickly; for tests."""
    return ThreadedHandle(
        Settings(
            host="127.0.0.1",
            port=port,
            public_url=f"http://127.0.0.1:{port}",
            state_dir=state_dir,
            api_key=api_key,
            webhook_url=webhook_url,
            webhook_secret=webhook_secret,
            retry_base_s=retry_base_s,
            capture_s=capture_s,
            settles=settles,
        )
    )


def serve(settings: Settings) -> None:
    """Run in this process until SIGTERM or SIGINT."""
    handle = Handle(settings)

    def stop(_signal: int, _frame: FrameType | None) -> None:
        threading.Thread(target=handle.shutdown).start()  # shutdown waits for the loop that this signal interrupted

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    print(f"Stripe stand-in on {handle.url}, state in {settings.state_dir}", flush=True)
    handle.run()
    handle.close()

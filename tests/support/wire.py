"""A wire between a client and its Postgres that counts how often the client asks, and can be cut."""

import select
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import sqlalchemy as sa


class Wire:
    """Passes bytes on. `turns` counts the messages of the client that were answered before it said more.

    `cut_after` are bytes: once the client has said them they are passed on, and the answer is not.
    """

    def __init__(self, url: str) -> None:
        self._target = sa.make_url(url)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = self._target.set(port=self._listener.getsockname()[1]).render_as_string(hide_password=False)
        self.turns = 0
        self.connections = 0
        self.cut_after: bytes | None = None
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        """Nobody else comes in."""
        self._listener.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                self.connections += 1
                server = socket.create_connection((self._target.host, self._target.port))
                threading.Thread(target=self._pass_on, args=(client, server), daemon=True).start()

    def _pass_on(self, client: socket.socket, server: socket.socket) -> None:
        asked = False
        with client, server, suppress(OSError):
            while True:
                for sender in select.select([client, server], [], [])[0]:
                    data = sender.recv(65536)
                    if not data:
                        return
                    if sender is server:
                        asked = False
                        client.sendall(data)
                        continue
                    self.turns += not asked
                    asked = True
                    server.sendall(data)
                    if self.cut_after is not None and self.cut_after in data:
                        server.recv(1)  # it was done
                        return


@contextmanager
def wire_to(url: str) -> Iterator[Wire]:
    """A wire for one test."""
    wire = Wire(url)
    try:
        yield wire
    finally:
        wire.close()

"""The ports of the sandbox: who may move where a port is taken, and who may not."""

import socket

from sandbox import terminal
from sandbox.embedded import free_port
from sandbox.settings import INNER, OFFSETS


class CannotStartError(SystemExit):
    """The sandbox does not start; the sentence says why and what to do."""


def choose_ports(base: int) -> dict[str, int]:
    """The port of each part. A part that people open keeps its port or stops the start; an inner one moves."""
    ports = {}
    for part, offset in OFFSETS.items():
        port = base + offset
        if not is_free(port):
            if part not in INNER:
                raise CannotStartError(
                    f"Port {port} ({part}) is taken by another program. Stop that program, or move all ports: "
                    f"make run PORT_BASE={base + 1000}"
                )
            port = free_port()
            terminal.say(f"Port {base + offset} ({part}) is taken; {port} is used instead.")
        ports[part] = port
    return ports


def is_free(port: int) -> bool:
    """Whether somebody may listen there now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True

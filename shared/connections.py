"""Pooled HTTP connections on which a call ends with its deadline, however slowly the other side talks.

The time-outs of HTTP libraries count from the last byte: a peer that sends one now and then is waited for without end.
Here each wait on the socket lasts no longer than what the deadline leaves.
"""

import socket
import ssl
from typing import Any
from urllib.parse import urlsplit

from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import NewConnectionError

from shared.deadlines import wait_s

_MOST = 20


class _Socket(socket.socket):
    """Waits until the deadline and no longer."""

    def connect(self, address: Any) -> None:
        self.settimeout(wait_s())
        super().connect(address)

    def recv_into(self, *arguments: Any) -> int:
        self.settimeout(wait_s())
        return super().recv_into(*arguments)

    def send(self, *arguments: Any) -> int:
        self.settimeout(wait_s())
        return super().send(*arguments)

    def sendall(self, *arguments: Any) -> None:
        self.settimeout(wait_s())
        super().sendall(*arguments)


class _TlsSocket(_Socket, ssl.SSLSocket):
    """The same around ciphered bytes; a handshake ends in time by itself (`ssl` counts its time-out from the start)."""


def _connected(connection: HTTPConnection) -> socket.socket:
    """A socket to the first address of that host which answers: all of them together within the deadline."""
    problem: OSError | None = None
    try:
        found = socket.getaddrinfo(connection.host, connection.port, type=socket.SOCK_STREAM)
    except OSError as error:
        found, problem = [], error
    for family, kind, protocol, _, address in found:
        sock = _Socket(family, kind, protocol)
        try:
            sock.connect(address)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            sock.settimeout(wait_s())  # for the handshake of TLS
        except OSError as error:
            sock.close()
            problem = error
        else:
            return sock
    raise NewConnectionError(connection, str(problem)) from problem


# `_new_conn` is where urllib3's own SOCKS support puts its sockets in.
class _Connection(HTTPConnection):
    def _new_conn(self) -> socket.socket:
        return _connected(self)


class _TlsConnection(HTTPSConnection):
    def _new_conn(self) -> socket.socket:
        return _connected(self)


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = _TlsConnection


def connections_to(base_url: str) -> HTTPConnectionPool:
    """A pool of connections to the host of that address; a certificate counts that the machine itself trusts."""
    address = urlsplit(base_url)
    if address.scheme != "https":
        return _Pool(address.hostname or "", address.port, maxsize=_MOST, block=True)
    context = ssl.create_default_context()
    context.sslsocket_class = _TlsSocket
    return _TlsPool(address.hostname or "", address.port, maxsize=_MOST, block=True, ssl_context=context)

"""What one service asks another ends in time, and travels on connections that are kept."""

import datetime as dt
import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from shared import connections
from shared.deadlines import deadline
from shared.http import PeerRefused, PeerUnavailable, ServiceClient
from tests.support.peer import Peer, client_of, running_peer

PATIENCE_S = 0.3
LATEST_S = PATIENCE_S + 0.5
"""The machine may be busy; without a deadline each of these peers is waited for at least two seconds."""


@pytest.fixture
def peer() -> Iterator[Peer]:
    with running_peer() as peer:
        yield peer


@pytest.fixture
def client(peer: Peer) -> Iterator[ServiceClient]:
    client = peer.client()
    yield client
    client.close()


def gives_up_in_time(client: ServiceClient) -> None:
    began = time.monotonic()
    with pytest.raises(PeerUnavailable) as given_up:
        client.post("/v1/decisions", {"ticket_id": "tkt_1"}, deadline_s=PATIENCE_S)
    assert time.monotonic() - began < LATEST_S
    assert not given_up.value.answered


def test_a_peer_that_drips_the_head_of_its_answer_is_given_up_at_the_deadline(
    peer: Peer, client: ServiceClient
) -> None:
    peer.head_drips_s = 0.05
    gives_up_in_time(client)


def test_a_peer_that_drips_the_body_of_its_answer_is_given_up_at_the_deadline(
    peer: Peer, client: ServiceClient
) -> None:
    peer.body_drips_s = 0.05
    peer.answer = lambda _: (200, b'{"reason": "' + b"x" * 100 + b'"}')
    gives_up_in_time(client)


def test_a_peer_that_says_no_drop_by_drop_has_not_answered(peer: Peer, client: ServiceClient) -> None:
    peer.body_drips_s = 0.05
    peer.answer = lambda _: (503, b'{"detail": "' + b"x" * 100 + b'"}')
    gives_up_in_time(client)


def test_a_peer_that_sends_fast_and_without_end_is_given_up_at_the_deadline(client: ServiceClient, peer: Peer) -> None:
    peer.body_drips_s = 0.000001
    peer.answer = lambda _: (200, b" " * 10_000_000)
    gives_up_in_time(client)


def test_a_peer_that_does_not_take_the_question_is_given_up_at_the_deadline() -> None:
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        client = client_of(f"http://127.0.0.1:{deaf.getsockname()[1]}")
        began = time.monotonic()
        with pytest.raises(PeerUnavailable):
            client.post("/v1/decisions", {"text": "x" * 20_000_000}, deadline_s=PATIENCE_S)
        assert time.monotonic() - began < LATEST_S
        client.close()


def test_a_peer_of_many_addresses_that_let_nobody_in_is_given_up_at_the_deadline(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full:
        place = full.getsockname()
        waiting = [socket.socket() for _ in range(4)]
        for sock in waiting:
            sock.setblocking(False)
            sock.connect_ex(place)
        found = [(socket.AF_INET, socket.SOCK_STREAM, 0, "", place)] * 5
        monkeypatch.setattr(connections.socket, "getaddrinfo", lambda *_, **__: found)
        client = client_of(f"http://many.test:{place[1]}")
        gives_up_in_time(client)
        client.close()
        for sock in waiting:
            sock.close()


def test_waiting_for_a_free_connection_counts_too(peer: Peer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "_MOST", 1)
    asked, ended = threading.Event(), threading.Event()

    def slow(_: object) -> tuple[int, bytes]:
        asked.set()
        ended.wait(20)
        return 200, b"{}"

    peer.answer = slow
    client = peer.client(timeout_s=20)
    with ThreadPoolExecutor(1) as other:
        first = other.submit(client.get, "/v1/balance")
        assert asked.wait(10)
        gives_up_in_time(client)
        ended.set()
        assert first.result(timeout=10) == {}
    client.close()
    assert peer.connections == 1


def test_an_asker_who_waits_less_is_believed(peer: Peer, client: ServiceClient) -> None:
    peer.body_drips_s = 0.05
    peer.answer = lambda _: (200, b'{"reason": "' + b"x" * 100 + b'"}')
    began = time.monotonic()
    with deadline(PATIENCE_S), pytest.raises(PeerUnavailable):
        client.get("/v1/balance", deadline_s=20)
    assert time.monotonic() - began < LATEST_S


def test_a_connection_is_kept_from_one_question_to_the_next(peer: Peer, client: ServiceClient) -> None:
    for _ in range(5):
        client.post("/v1/decisions", {})
    peer.answer = lambda _: (409, b"{}")
    with pytest.raises(PeerRefused):
        client.post("/v1/decisions", {})
    assert peer.connections == 1


def test_after_an_answer_that_came_too_late_the_next_one_is_to_the_next_question(
    peer: Peer, client: ServiceClient
) -> None:
    peer.answer = lambda _: (200, b'{"of": "first", "reason": "' + b"x" * 100 + b'"}')
    peer.body_drips_s = 0.05
    gives_up_in_time(client)
    peer.body_drips_s = 0.0
    peer.answer = lambda _: (200, b'{"of": "second"}')
    assert client.post("/v1/decisions", {}) == {"of": "second"}


def test_a_peer_that_was_restarted_is_asked_at_once_on_a_new_connection(peer: Peer, client: ServiceClient) -> None:
    client.post("/v1/decisions", {})
    for _ in range(3):
        peer.stop()
        peer.start()
        assert client.post("/v1/decisions", {}) == {"done_now": True}
    assert peer.connections == 4


def test_a_question_is_asked_once_whatever_becomes_of_it(peer: Peer, client: ServiceClient) -> None:
    def hangs_up(_: object) -> tuple[int, bytes]:
        raise ConnectionError

    peer.answer = hangs_up
    with pytest.raises(PeerUnavailable):
        client.get("/v1/balance")
    assert len(peer.told) == 1


def test_a_peer_that_points_elsewhere_is_not_followed(client: ServiceClient, peer: Peer) -> None:
    peer.answer = lambda _: (302, b"{}")
    peer.location = peer.url + "/elsewhere"
    with pytest.raises(PeerUnavailable, match="status 302"):
        client.get("/v1/balance")
    assert len(peer.told) == 1


def test_a_peer_may_stand_below_a_path(peer: Peer) -> None:
    peer.answer = lambda told: (200, b'{"path": "%s"}' % told["path"].encode())
    client = client_of(peer.url + "/entitlements/")
    assert client.get("/v1/balance", {"email": "a b@x.test"}) == {"path": "/entitlements/v1/balance?email=a+b%40x.test"}
    client.close()


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """Signed by nobody but itself, good for 127.0.0.1, with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    today = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder(issuer_name=name, subject_name=name, public_key=key.public_key())
        .serial_number(1)
        .not_valid_before(today - dt.timedelta(days=1))
        .not_valid_after(today + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path / "peer.pem"
    path.write_bytes(
        made.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return path


@pytest.fixture
def ciphered(certificate: Path) -> Iterator[Peer]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with running_peer(context) as peer:
        yield peer


def test_a_ciphered_peer_is_asked_and_its_connection_kept(
    ciphered: Peer, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    client = ciphered.client()
    for _ in range(3):
        assert client.post("/v1/decisions", {"text": "x" * 1_000_000}) == {"done_now": True}
    client.close()
    assert ciphered.connections == 1


def test_a_ciphered_peer_that_drips_is_given_up_at_the_deadline(
    ciphered: Peer, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    ciphered.head_drips_s = 0.05
    client = ciphered.client()
    gives_up_in_time(client)
    client.close()


def test_a_ciphered_peer_that_takes_the_question_in_sips_is_given_up_at_the_deadline(
    certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)

    def sip(listening: socket.socket) -> None:
        with suppress(OSError), listening.accept()[0] as taken, context.wrap_socket(taken, server_side=True) as sock:
            while sock.recv(50_000):
                time.sleep(0.05)

    with socket.create_server(("127.0.0.1", 0)) as slow, ThreadPoolExecutor(1) as other:
        other.submit(sip, slow)
        client = client_of(f"https://127.0.0.1:{slow.getsockname()[1]}")
        began = time.monotonic()
        with pytest.raises(PeerUnavailable):
            client.post("/v1/decisions", {"text": "x" * 20_000_000}, deadline_s=PATIENCE_S)
        assert time.monotonic() - began < LATEST_S
        client.close()


def test_a_peer_that_only_begins_to_cipher_is_given_up_at_the_deadline() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        client = client_of(f"https://127.0.0.1:{silent.getsockname()[1]}")
        gives_up_in_time(client)
        client.close()


def test_a_certificate_that_nobody_vouches_for_is_not_believed(ciphered: Peer) -> None:
    client = ciphered.client()
    with pytest.raises(PeerUnavailable, match="SSLError"):
        client.post("/v1/decisions", {})
    client.close()
    assert ciphered.told == []

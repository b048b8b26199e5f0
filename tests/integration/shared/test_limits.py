"""Who guesses is slowed down, on a real Valkey; who is right passes, and nobody is locked out when Valkey is away."""

import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from sandbox.embedded import start_valkey
from shared import limits
from shared.ids import new_id
from shared.limits import Limit, Limits
from tests.support.settings import API_KEY
from tests.support.tiny import Tiny, tiny_service

FIVE = Limit(name="five", most=5, within_s=60)
GUESS = {"Authorization": "Bearer psk_guess"}
GOOD = {"Authorization": f"Bearer {API_KEY}"}


def tries(counters: Limits, count: int, limit: Limit = FIVE, who: str = "192.0.2.1") -> list[bool]:
    return [counters.take(limit, who) is None for _ in range(count)]


@pytest.fixture
def fresh(valkey_server: str) -> str:
    """Valkey is shared by all tests of a process: a limit of one test is a name of its own."""
    return valkey_server


def own() -> Limit:
    return Limit(name=new_id("lim"), most=5, within_s=60)


def test_all_web_processes_count_together_and_at_once_no_more_get_through(fresh: str) -> None:
    limit, processes = own(), [Limits(fresh) for _ in range(4)]
    with ThreadPoolExecutor(8) as pool:
        passed = list(pool.map(lambda number: processes[number % 4].take(limit, "192.0.2.1") is None, range(60)))
    assert passed.count(True) == 5


def test_one_network_is_not_counted_for_another_and_one_limit_not_for_another(fresh: str) -> None:
    counters, limit = Limits(fresh), own()
    assert tries(counters, 6, limit).count(True) == 5
    assert counters.take(limit, "192.0.2.2") is None
    assert counters.take(own(), "192.0.2.1") is None


def test_it_says_how_long_to_wait_and_then_lets_through(fresh: str) -> None:
    counters, limit = Limits(fresh), Limit(name=new_id("lim"), most=2, within_s=1)
    tries(counters, 2, limit)
    wait = counters.take(limit, "192.0.2.1")
    assert wait is not None
    assert 1 <= wait <= 2
    deadline = time.monotonic() + 10
    while counters.take(limit, "192.0.2.1") is not None:
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_while_valkey_is_away_each_process_counts_for_itself_and_comes_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "_ASKED_AGAIN_AFTER_S", 0.1)
    server = start_valkey(tmp_path)
    counters = Limits(server.url)
    assert counters.take(FIVE, "192.0.2.1") is None
    server.stop()
    assert tries(counters, 8).count(True) == 5
    again = start_valkey(tmp_path, int(server.url.rpartition(":")[2].partition("/")[0]))
    try:
        deadline = time.monotonic() + 10
        while not Limits(again.url)._shared.storage.check() or counters.take(own(), "x") is not None:
            assert time.monotonic() < deadline
    finally:
        again.stop()


def test_a_valkey_that_hangs_holds_up_a_request_for_a_moment_and_the_next_ones_not_at_all() -> None:
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        counters = Limits(f"redis://127.0.0.1:{deaf.getsockname()[1]}/0")
        began = time.monotonic()
        assert tries(counters, 20).count(True) == 5
        assert time.monotonic() - began < 2


def test_what_a_process_counts_for_itself_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "_MOST_COUNTED_HERE", 100)
    counters = Limits("redis://127.0.0.1:1")
    for number in range(1000):
        counters.take(FIVE, str(number))
    assert len(counters._own_storage.storage) <= 101


@pytest.fixture
def tiny(databases: Any, valkey_server: str) -> Iterator[Tiny]:
    with tiny_service(databases, redis_url=valkey_server, proxies=1) as tiny:
        yield tiny


def at(network: str, headers: dict[str, str]) -> dict[str, str]:
    """A request that the proxy passes on for this address."""
    return headers | {"X-Forwarded-For": f"1.2.3.4, {network}"}


def test_fifty_guessed_keys_are_answered_429_and_a_good_key_of_the_same_office_passes(tiny: Tiny) -> None:
    client, office = tiny.client(), "198.51.100.7"
    answers = [client.get("/v1/things", headers=at(office, GUESS)) for _ in range(50)]
    assert [answer.status_code for answer in answers] == [401] * 20 + [429] * 30
    last = answers[-1]
    assert last.mimetype == "application/problem+json"
    assert 1 <= int(last.headers["Retry-After"]) <= 1200
    assert "Wait a moment" in last.json["detail"]
    assert client.get("/v1/things", headers=at(office, GOOD)).status_code == 200
    assert client.get("/v1/things", headers=at("198.51.100.8", GUESS)).status_code == 401


def test_a_network_of_ipv6_is_one_and_who_claims_other_addresses_stays_the_same(tiny: Tiny) -> None:
    client = tiny.client()
    for number in range(20):
        headers = GUESS | {"X-Forwarded-For": f"203.0.113.{number}, 2001:db8:7:1::{number + 1:x}"}
        assert client.get("/v1/things", headers=headers).status_code == 401
    assert client.get("/v1/things", headers=at("2001:db8:7:1:ffff::1", GUESS)).status_code == 429
    assert client.get("/v1/things", headers=at("2001:db8:7:2::1", GUESS)).status_code == 401


def test_without_a_proxy_of_ours_nobody_is_believed_who_they_are(databases: Any, valkey_server: str) -> None:
    with tiny_service(databases, redis_url=valkey_server) as tiny:
        client, address = tiny.client(), {"REMOTE_ADDR": "198.51.100.99"}
        for number in range(20):
            headers = GUESS | {"X-Forwarded-For": f"203.0.113.{number}"}
            assert client.get("/v1/things", headers=headers, environ_base=address).status_code == 401
        assert client.get("/v1/things", headers=GUESS, environ_base=address).status_code == 429


def test_ways_back_from_the_provider_that_are_none_are_counted_too(databases: Any, valkey_server: str) -> None:
    with tiny_service(databases, redis_url=valkey_server, proxies=1) as tiny:
        client = tiny.client()
        answers = [
            client.get("/signin/callback?state=x&code=y", headers=at("198.51.100.50", {"Accept": "text/html"}))
            for _ in range(25)
        ]
        assert [answer.status_code for answer in answers][-5:] == [429] * 5
        assert "Wait a minute, then try again." in answers[-1].text

"""Ids sort by time and repeat never; tokens are secrets."""

import re
from concurrent.futures import ThreadPoolExecutor

import pytest

from shared import ids


def test_an_id_says_what_it_names() -> None:
    assert re.fullmatch(r"ord_[0-9abcdefghjkmnpqrstvwxyz]{26}", ids.new_id("ord"))


def test_a_later_id_sorts_after_an_earlier_one(monkeypatch: pytest.MonkeyPatch) -> None:
    moments = [0, 1, 31, 32, 1_024, 1_763_790_000_000, 1_763_790_000_001, 4_102_444_800_000]
    made = []
    for milliseconds in moments:
        monkeypatch.setattr(ids.time, "time_ns", lambda moment=milliseconds: moment * 1_000_000)
        made.append(ids.new_id("ord"))
    assert made == sorted(made)


def test_ids_of_the_same_millisecond_differ(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ids.time, "time_ns", lambda: 1_763_790_000_000_000_000)
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(ids.new_id, ["ord"] * 5_000))
    assert len(set(made)) == 5_000


def test_a_token_has_160_random_bits_and_stands_in_an_address_as_it_is() -> None:
    tokens = {ids.new_token() for _ in range(1_000)}
    assert len(tokens) == 1_000
    assert all(re.fullmatch(r"[A-Za-z0-9_-]{27}", token) for token in tokens)


def test_a_digest_is_the_sha_256_that_integrators_can_compute_themselves() -> None:
    assert ids.digest("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"

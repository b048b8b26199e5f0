"""Whoever is asked works no longer than the asker waits."""

import pytest

from shared import deadlines
from shared.deadlines import deadline, remaining_s, wait_s


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Seconds that have passed, for the test to change."""
    passed = [100.0]
    monkeypatch.setattr(deadlines.time, "monotonic", lambda: passed[0])
    return passed


def test_without_a_deadline_there_is_all_the_time() -> None:
    with deadline(None):
        assert remaining_s() is None


def test_time_that_passes_is_taken_from_what_is_left(clock: list[float]) -> None:
    with deadline(1.0):
        clock[0] += 0.75
        assert remaining_s() == 0.25
    assert remaining_s() is None


@pytest.mark.usefixtures("clock")
def test_an_inner_deadline_shortens_and_never_lengthens() -> None:
    with deadline(1.0):
        with deadline(5.0):
            assert remaining_s() == 1.0
        with deadline(0.5):
            assert remaining_s() == 0.5
        with deadline(None):
            assert remaining_s() == 1.0
        assert remaining_s() == 1.0


def test_a_deadline_that_has_passed_leaves_a_moment_to_fail_in(clock: list[float]) -> None:
    with deadline(1.0):
        clock[0] += 9.0
        assert remaining_s() == 0.001


def test_a_wait_lasts_no_longer_than_what_is_left(clock: list[float]) -> None:
    assert wait_s() is None
    with deadline(1.0):
        clock[0] += 0.75
        assert wait_s() == 0.25


def test_no_wait_begins_once_the_deadline_has_passed(clock: list[float]) -> None:
    with deadline(1.0):
        clock[0] += 1.0
        with pytest.raises(TimeoutError):
            wait_s()

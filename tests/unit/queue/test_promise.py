"""What was promised stays promised: the class never falls, the time never moves later."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from services.queue.tickets.promise import (
    KEPT_EARLIER,
    CalendarName,
    Promise,
    Reason,
    ResponseClass,
    fallback,
    is_better,
    raised,
)
from shared.worktime import weekdays

OPENED = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


def promise(minutes: int = 1440, response_class: str = "standard", sequence: int = 1) -> Promise:
    return Promise(
        response_class=ResponseClass(response_class),
        starts_at=OPENED,
        respond_by=OPENED + timedelta(minutes=minutes),
        target_minutes=minutes,
        calendar=CalendarName(id="always", name="Around the clock", zone="UTC"),
        reasons=(Reason(code="test", text="Because."),),
        decision_id=f"dec_{sequence}" if sequence else None,
        sequence=sequence,
    )


promises = st.builds(
    promise,
    minutes=st.integers(1, 5000),
    response_class=st.sampled_from(["premium", "standard"]),
    sequence=st.integers(0, 9),
)


@given(st.lists(promises, min_size=2))
def test_whatever_decisions_come_in_whatever_order_a_promise_only_rises(offers: list[Promise]) -> None:
    standing = offers[0]
    for offered in offers[1:]:
        after = raised(standing, offered)
        assert after.response_class.height >= standing.response_class.height
        assert after.respond_by <= standing.respond_by
        standing = after


@given(promises, promises)
def test_the_same_decision_twice_changes_nothing_the_second_time(standing: Promise, offered: Promise) -> None:
    once = raised(standing, offered)
    assert raised(once, offered) == once


@given(promises, promises)
def test_the_customer_hears_of_it_exactly_when_something_became_better(standing: Promise, offered: Promise) -> None:
    after = raised(standing, offered)
    shown = (after.response_class, after.respond_by)
    assert is_better(standing, after) == (shown != (standing.response_class, standing.respond_by))


def test_a_purchase_raises_standard_to_premium_with_its_own_time_and_reasons() -> None:
    bought = promise(120, "premium", 2)
    assert raised(promise(), bought) == bought


def test_a_purchase_shortly_before_the_standard_time_keeps_the_earlier_time_and_says_why() -> None:
    after = raised(promise(30), promise(120, "premium", 2))
    assert after.response_class is ResponseClass.PREMIUM
    assert after.respond_by == OPENED + timedelta(minutes=30)
    assert KEPT_EARLIER in after.reasons


def test_an_older_decision_that_comes_late_is_ignored() -> None:
    newer = promise(1440, sequence=2)
    assert raised(newer, promise(60, sequence=1)) == newer


def test_a_worse_decision_shows_nothing_but_is_remembered_as_the_last_one() -> None:
    standing = promise(120, "premium", 1)
    after = raised(standing, promise(10, "standard", 2))
    assert after == replace(standing, decision_id="dec_2", sequence=2)
    assert not is_better(standing, after)


def test_a_decision_after_the_fallback_is_adopted_but_does_not_move_the_time_later() -> None:
    given_up = fallback(OPENED, timedelta(hours=24), weekdays("Europe/Berlin"))
    after = raised(given_up, promise(2000, sequence=1))
    assert after.respond_by == given_up.respond_by
    assert after.decision_id == "dec_1"


def test_the_fallback_of_a_friday_afternoon_is_due_on_monday_afternoon() -> None:
    friday = datetime(2026, 11, 27, 14, 0, tzinfo=UTC)  # 15:00 in Berlin
    given_up = fallback(friday, timedelta(hours=24), weekdays("Europe/Berlin"))
    assert given_up.respond_by == datetime(2026, 11, 30, 14, 0, tzinfo=UTC)
    assert given_up.target_minutes == 24 * 60
    assert given_up.decision_id is None

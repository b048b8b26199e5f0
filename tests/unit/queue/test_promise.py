"""What was promised stays promised: the class never falls, the time never moves later."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from services.queue.classes.response_class import CalendarName, ResponseClass, TakenBy
from services.queue.classes.source import Source
from services.queue.tickets.promise import Promise, as_json, fallback, from_json, is_better, raised
from shared.sentences import Sentence

OPENED = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


STANDARD, PREMIUM, WITHIN_30 = 10, 20, 30


def given_up_on(opened_at: datetime, respond_by: datetime) -> Promise:
    calendar = CalendarName(id="weekdays", names={}, zone="Europe/Berlin")
    lowest = ResponseClass(id="standard", rank=0, taken_by=TakenBy.EVERYBODY, names={}, sentences={})
    return fallback(opened_at, respond_by, timedelta(hours=24), lowest, calendar)


def response_class(rank: int) -> ResponseClass:
    taken_by = TakenBy.EVERYBODY if rank == STANDARD else TakenBy.SENIOR
    return ResponseClass(id=f"class-{rank}", rank=rank, taken_by=taken_by, names={"en": f"{rank}"}, sentences={})


def promise(minutes: int = 1440, rank: int = STANDARD, sequence: int = 1) -> Promise:
    return Promise(
        response_class=response_class(rank),
        starts_at=OPENED,
        respond_by=OPENED + timedelta(minutes=minutes),
        target_minutes=minutes,
        calendar=CalendarName(id="always", names={"en": "around the clock"}, zone="UTC"),
        reasons=(Sentence.of("bought", at=OPENED),),
        decision_id=f"dec_{sequence}" if sequence else None,
        sequence=sequence,
        source=None if rank == STANDARD else Source(kind="credit", id="grt_1"),
    )


promises = st.builds(
    promise,
    minutes=st.integers(1, 5000),
    rank=st.sampled_from([STANDARD, PREMIUM, WITHIN_30]),
    sequence=st.integers(0, 9),
)


@given(st.lists(promises, min_size=2))
def test_whatever_decisions_come_in_whatever_order_a_promise_only_rises(offers: list[Promise]) -> None:
    standing = offers[0]
    for offered in offers[1:]:
        after = raised(standing, offered)
        assert after.response_class.rank >= standing.response_class.rank
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


def test_the_decision_after_the_fallback_is_no_news_unless_it_brings_something_bought() -> None:
    given_up = given_up_on(OPENED, OPENED + timedelta(hours=24))
    assert not is_better(given_up, raised(given_up, promise(1500)))
    assert is_better(given_up, raised(given_up, promise(1500, PREMIUM)))
    assert is_better(given_up, raised(given_up, promise(1000)))


@given(promises)
def test_what_a_mail_keeps_of_a_promise_is_the_promise(kept: Promise) -> None:
    assert from_json(as_json(kept)) == replace(kept, decision_id=None, sequence=0, source=None)


def test_a_purchase_raises_standard_to_premium_with_its_own_time_and_reasons() -> None:
    bought = promise(120, PREMIUM, 2)
    assert raised(promise(), bought) == bought


def test_a_purchase_shortly_before_the_standard_time_keeps_the_earlier_time_and_says_why() -> None:
    after = raised(promise(30), promise(120, PREMIUM, 2))
    assert after.response_class == response_class(PREMIUM)
    assert after.respond_by == OPENED + timedelta(minutes=30)
    assert Sentence.of("kept_earlier") in after.reasons


def test_an_older_decision_that_comes_late_is_ignored() -> None:
    newer = promise(1440, sequence=2)
    assert raised(newer, promise(60, sequence=1)) == newer


def test_a_worse_decision_shows_nothing_but_is_remembered_as_the_last_one() -> None:
    standing = promise(120, PREMIUM, 1)
    after = raised(standing, promise(10, STANDARD, 2))
    assert after == replace(standing, decision_id="dec_2", sequence=2)
    assert not is_better(standing, after)


def test_a_decision_after_the_fallback_is_adopted_but_does_not_move_the_time_later() -> None:
    given_up = given_up_on(OPENED, OPENED + timedelta(hours=24))
    after = raised(given_up, promise(2000, sequence=1))
    assert after.respond_by == given_up.respond_by
    assert after.decision_id == "dec_1"


def test_the_fallback_says_how_long_and_that_nobody_decided() -> None:
    given_up = given_up_on(OPENED, OPENED + timedelta(hours=72))
    assert given_up.target_minutes == 24 * 60
    assert given_up.decision_id is None
    assert [reason.code for reason in given_up.reasons] == ["not_decided_in_time"]

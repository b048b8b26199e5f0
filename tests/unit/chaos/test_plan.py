"""A plan is its seed's: the same seed tells the same story, and two minutes are enough for each kind of fault."""

from hypothesis import given
from hypothesis import strategies as st

from tests.chaos.faults import KINDS, STRIPE
from tests.chaos.plan import _MORE, _MUST, Choice, Paying, make_plan


@given(st.integers(0, 10_000), st.sampled_from((0.5, 2.0, 3.0)))
def test_the_same_seed_makes_the_same_plan(seed: int, minutes: float) -> None:
    assert make_plan(seed, minutes) == make_plan(seed, minutes)
    assert make_plan(seed, minutes) != make_plan(seed + 1, minutes)


@given(st.integers(0, 10_000))
def test_in_two_minutes_all_that_must_strike_strikes(seed: int) -> None:
    plan = make_plan(seed, 2.0)
    assert {(strike.kind, strike.on) for strike in plan.strikes} >= set(_MUST)
    assert all(0 <= strike.at_s < plan.lasts_s for strike in plan.strikes)


@given(st.integers(0, 10_000))
def test_in_two_minutes_some_pay_and_are_never_seen_again(seed: int) -> None:
    stories = make_plan(seed, 2.0).stories
    assert [one for one in stories if one.choice is Choice.BUY and one.paying is Paying.VANISHES]


def test_each_fault_of_the_plan_is_one_that_somebody_can_do() -> None:
    for kind, on in (*_MUST, *_MORE):
        assert kind in KINDS
        assert kind != "stripe" or on in STRIPE

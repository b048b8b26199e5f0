"""Which promise follows from which facts."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from psycopg._queries import MAX_CACHED_STATEMENT_LENGTH, MAX_CACHED_STATEMENT_PARAMS
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg

from services.entitlements.credits.credit import MOVEMENTS, EntryKind, GrantFact
from services.entitlements.decisions.decision import Facts, Verdict, choose_grant, decide, raised
from services.entitlements.decisions.statements import ADD, ADD_FIRST, ADD_FIRST_AND_HOLD
from services.entitlements.policies.policy import Policy, ResponseClass
from services.entitlements.policies.read import read_policy
from shared.sentences import Words

FRIDAY = datetime(2026, 11, 27, 14, 0, tzinfo=UTC)
MOMENTS = st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001 - the zone is given beside
POLICY = read_policy()
PREMIUM, STANDARD = POLICY.classes


def grant(name: str = "grt_1", **facts: object) -> GrantFact:
    known = {
        "response_class": "premium",
        "rank": 20,
        "ticket_id": None,
        "available": 1,
        "granted_at": FRIDAY,
        "expires_at": None,
    }
    return GrantFact(grant_id=name, **(known | facts))  # type: ignore[arg-type]


def facts(*grants: GrantFact, verified: bool = True, at: datetime = FRIDAY) -> Facts:
    return Facts(ticket_id="tkt_1", opened_at=FRIDAY, requester_verified=verified, grants=grants, at=at)


def codes(verdict: Verdict) -> list[str]:
    return [reason.code for reason in verdict.reasons]


def chosen(*grants: GrantFact, verified: bool = True, policy: Policy = POLICY) -> GrantFact | None:
    choice = choose_grant(facts(*grants, verified=verified), policy)
    return choice[0] if choice else None


def class_of(name: str, rank: int, target: timedelta = timedelta(hours=1)) -> ResponseClass:
    return replace(PREMIUM, id=name, rank=rank, target=target)


RANKS = st.integers(0, 60)


@st.composite
def some_policy(draw: st.DrawFn) -> Policy:
    ranks = draw(st.lists(RANKS, unique=True, min_size=1, max_size=5))
    classes = [
        replace(
            draw(st.sampled_from([PREMIUM, STANDARD])),
            id=draw(st.sampled_from(["gold", "silver", "bronze"])) + str(rank),
            rank=rank,
            target=timedelta(minutes=draw(st.integers(1, 3000))),
        )
        for rank in sorted(ranks, reverse=True)
    ]
    return Policy(version="any", classes=tuple(classes))


@st.composite
def some_facts(draw: st.DrawFn, policy: Policy = POLICY) -> Facts:
    """Grants of the policy's classes, and of some that it no longer has."""
    known = [(one.id, one.rank) for one in policy.classes]
    grants = []
    for number in range(draw(st.integers(0, 4))):
        name, rank = draw(st.sampled_from(known) | st.tuples(st.just("gone"), RANKS))
        grants.append(
            grant(
                f"grt_{number}",
                response_class=name,
                rank=rank,
                ticket_id=draw(st.sampled_from([None, "tkt_1", "tkt_2"])),
                available=draw(st.integers(0, 3)),
                granted_at=draw(MOMENTS),
                expires_at=draw(st.none() | MOMENTS),
            )
        )
    return Facts(
        ticket_id="tkt_1",
        opened_at=draw(MOMENTS),
        requester_verified=draw(st.booleans()),
        grants=tuple(grants),
        at=draw(MOMENTS),
    )


@st.composite
def policy_and_facts(draw: st.DrawFn) -> tuple[Policy, Facts]:
    policy = draw(some_policy())
    return policy, draw(some_facts(policy))


def test_standard_on_friday_afternoon_is_due_on_monday_afternoon() -> None:
    verdict = decide(facts(), POLICY)
    assert verdict.response_class == STANDARD
    assert verdict.source is None
    assert verdict.respond_by == FRIDAY + timedelta(days=3)


def test_premium_runs_through_the_weekend() -> None:
    assert decide(facts(grant()), POLICY).respond_by == FRIDAY + timedelta(hours=2)


def test_what_was_bought_for_this_ticket_runs_from_the_payment() -> None:
    paid = FRIDAY + timedelta(minutes=25)
    verdict = decide(facts(grant(ticket_id="tkt_1", granted_at=paid), at=paid), POLICY)
    assert verdict.respond_by == paid + timedelta(hours=2)


def test_what_was_bought_for_this_ticket_pays_before_any_other_credit() -> None:
    soon_lapsing = grant("grt_old", expires_at=FRIDAY + timedelta(days=1))
    own = grant("grt_own", ticket_id="tkt_1")
    assert chosen(soon_lapsing, own) == own


def test_of_the_account_s_credits_the_one_that_lapses_first_is_used() -> None:
    lasting, lapsing = grant("grt_a"), grant("grt_b", expires_at=FRIDAY + timedelta(days=9))
    assert chosen(lasting, lapsing) == lapsing


def test_of_credits_of_several_classes_the_best_pays() -> None:
    policy = Policy(version="any", classes=(class_of("gold", 30), PREMIUM, STANDARD))
    lapsing = grant("grt_a", expires_at=FRIDAY + timedelta(days=9))
    gold = grant("grt_b", response_class="gold", rank=30)
    assert chosen(lapsing, gold, policy=policy) == gold


def test_a_class_that_the_policy_no_longer_has_gives_the_nearest_below_and_says_so() -> None:
    verdict = decide(facts(grant(response_class="gold", rank=30)), POLICY)
    assert verdict.response_class == PREMIUM
    assert verdict.unknown_class == "gold"
    assert codes(verdict) == ["credit_of_account", "class_is_gone", "answer_counted_from_question"]


def test_a_credit_that_would_buy_what_everybody_gets_is_kept() -> None:
    verdict = decide(facts(grant(response_class="bronze", rank=15), grant("grt_2", response_class="standard")), POLICY)
    assert verdict.response_class == STANDARD
    assert verdict.source is None
    assert codes(verdict) == ["no_credit", "answer_counted_from_question"]


def test_a_promise_tells_target_calendar_and_start_as_parameters() -> None:
    told = decide(facts(), POLICY).reasons[-1].parameters
    assert told == {"target": timedelta(hours=24), "calendar": Words(STANDARD.calendar.names), "start": FRIDAY}


@given(policy_and_facts())
def test_the_same_facts_give_the_same_decision(given_: tuple[Policy, Facts]) -> None:
    policy, known = given_
    assert decide(known, policy) == decide(known, policy)


@given(policy_and_facts())
def test_a_grant_that_pays_has_a_credit_has_not_lapsed_and_was_proved_or_bought_for_the_ticket(
    given_: tuple[Policy, Facts],
) -> None:
    policy, known = given_
    if (choice := choose_grant(known, policy)) is not None:
        paying, response_class = choice
        assert paying.available > 0
        assert paying.expires_at is None or paying.expires_at > known.at
        assert known.requester_verified or paying.ticket_id == known.ticket_id
        assert response_class in policy.classes
        assert response_class.rank > policy.for_everybody.rank


@given(policy_and_facts(), st.data())
def test_a_promise_never_falls_and_never_moves_later(before: tuple[Policy, Facts], data: st.DataObject) -> None:
    """Through many later decisions, each by facts and a policy of its own."""
    policy, known = before
    first = decide(known, policy)
    rank, respond_by = first.response_class.rank, first.respond_by
    for _ in range(data.draw(st.integers(1, 4))):
        later_policy, later = data.draw(policy_and_facts())
        verdict = decide(later, later_policy)
        result = raised(verdict, rank, respond_by)
        if result is None:
            assert verdict.response_class.rank < rank or verdict.respond_by >= respond_by
            assert verdict.response_class.rank <= rank
            continue
        assert result.response_class.rank >= rank
        assert result.respond_by <= respond_by
        assert (result.response_class.rank, result.respond_by) != (rank, respond_by), "a later decision raises"
        rank, respond_by = result.response_class.rank, result.respond_by


@given(policy_and_facts())
def test_every_decision_says_why(given_: tuple[Policy, Facts]) -> None:
    policy, known = given_
    verdict = decide(known, policy)
    assert codes(verdict)[0] in {"paid_for_this_ticket", "credit_of_account", "no_credit"}
    assert codes(verdict)[-1] in {"answer_counted_from_payment", "answer_counted_from_question"}


def test_what_is_granted_is_always_the_sum_of_the_other_counters() -> None:
    assert MOVEMENTS.keys() == set(EntryKind)
    for step in MOVEMENTS.values():
        others = step.available + step.held + step.consumed + step.expired + step.revoked
        assert step.granted == others


@pytest.mark.parametrize("statement", [ADD, ADD_FIRST, ADD_FIRST_AND_HOLD])
def test_what_stores_a_decision_is_short_enough_for_the_driver_to_remember(statement: Any) -> None:
    """Beyond these limits psycopg reads the statement anew each time: a third of what a decision costs."""
    compiled = statement.compile(dialect=PGDialect_psycopg())
    assert len(str(compiled)) <= MAX_CACHED_STATEMENT_LENGTH
    assert len(compiled.params) <= MAX_CACHED_STATEMENT_PARAMS

"""Which promise follows from which facts."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from services.entitlements.credits.credit import MOVEMENTS, EntryKind, GrantFact
from services.entitlements.decisions.decision import Facts, choose_grant, decide, raised
from services.entitlements.policies.policy import POLICY, ResponseClass

FRIDAY = datetime(2026, 11, 27, 14, 0, tzinfo=UTC)
MOMENTS = st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001 - the zone is given beside


def grant(name: str = "grt_1", **facts: object) -> GrantFact:
    known = {"ticket_id": None, "available": 1, "granted_at": FRIDAY, "expires_at": None}
    return GrantFact(grant_id=name, **(known | facts))  # type: ignore[arg-type]


def facts(*grants: GrantFact, verified: bool = True, at: datetime = FRIDAY) -> Facts:
    return Facts(ticket_id="tkt_1", opened_at=FRIDAY, requester_verified=verified, grants=grants, at=at)


@st.composite
def some_facts(draw: st.DrawFn) -> Facts:
    grants = [
        grant(
            f"grt_{number}",
            ticket_id=draw(st.sampled_from([None, "tkt_1", "tkt_2"])),
            available=draw(st.integers(0, 3)),
            granted_at=draw(MOMENTS),
            expires_at=draw(st.none() | MOMENTS),
        )
        for number in range(draw(st.integers(0, 4)))
    ]
    opened = draw(MOMENTS)
    return Facts(
        ticket_id="tkt_1",
        opened_at=opened,
        requester_verified=draw(st.booleans()),
        grants=tuple(grants),
        at=draw(MOMENTS),
    )


def test_standard_on_friday_afternoon_is_due_on_monday_afternoon() -> None:
    decision = decide(facts(), POLICY)
    assert decision.response_class is ResponseClass.STANDARD
    assert decision.respond_by == FRIDAY + timedelta(days=3)


def test_premium_runs_through_the_weekend() -> None:
    assert decide(facts(grant()), POLICY).respond_by == FRIDAY + timedelta(hours=2)


def test_what_was_bought_for_this_ticket_runs_from_the_payment() -> None:
    paid = FRIDAY + timedelta(minutes=25)
    decision = decide(facts(grant(ticket_id="tkt_1", granted_at=paid), at=paid), POLICY)
    assert decision.respond_by == paid + timedelta(hours=2)


def test_what_was_bought_for_this_ticket_pays_before_any_other_credit() -> None:
    soon_lapsing = grant("grt_old", expires_at=FRIDAY + timedelta(days=1))
    own = grant("grt_own", ticket_id="tkt_1")
    assert choose_grant(facts(soon_lapsing, own)) == own


def test_of_the_account_s_credits_the_one_that_lapses_first_is_used() -> None:
    lasting, lapsing = grant("grt_a"), grant("grt_b", expires_at=FRIDAY + timedelta(days=9))
    assert choose_grant(facts(lasting, lapsing)) == lapsing


@given(some_facts())
def test_the_same_facts_give_the_same_decision(known: Facts) -> None:
    assert decide(known, POLICY) == decide(known, POLICY)


@given(some_facts())
def test_a_grant_that_pays_has_a_credit_has_not_lapsed_and_was_proved_or_bought_for_the_ticket(known: Facts) -> None:
    chosen = choose_grant(known)
    if chosen is not None:
        assert chosen.available > 0
        assert chosen.expires_at is None or chosen.expires_at > known.at
        assert known.requester_verified or chosen.ticket_id == known.ticket_id


@given(some_facts(), some_facts())
def test_a_promise_never_falls_and_never_moves_later(before: Facts, after: Facts) -> None:
    old, new = decide(before, POLICY), decide(after, POLICY)
    result = raised(new, old.response_class, old.respond_by)
    if result is not None:
        assert not (old.response_class is ResponseClass.PREMIUM and result.response_class is ResponseClass.STANDARD)
        assert result.respond_by <= old.respond_by


@given(some_facts())
def test_every_decision_says_why(known: Facts) -> None:
    reasons = decide(known, POLICY).reasons
    assert len(reasons) >= 2
    assert all(reason.text.endswith(".") for reason in reasons)


def test_entries_other_than_a_grant_move_credits_and_make_none() -> None:
    for kind, step in MOVEMENTS.items():
        expected = 1 if kind is EntryKind.GRANT else 0
        assert step.available + step.held + step.consumed == expected

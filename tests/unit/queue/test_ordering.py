"""Which ticket an agent gets."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from services.queue.agents.agent import Tier, tier_of
from services.queue.classes.response_class import TakenBy
from services.queue.ordering.ordering import Waiting, next_for

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


RANKS = {"standard": 10, "premium": 20, "within 30 minutes": 30}


def waiting(ticket_id: str, response_class: str = "standard", due_in_minutes: int = 60) -> Waiting:
    return Waiting(
        ticket_id=ticket_id,
        taken_by=TakenBy.EVERYBODY if response_class == "standard" else TakenBy.SENIOR,
        rank=RANKS[response_class],
        respond_by=NOON + timedelta(minutes=due_in_minutes),
    )


some_waiting = st.lists(
    st.builds(
        waiting,
        ticket_id=st.uuids().map(str),
        response_class=st.sampled_from(sorted(RANKS)),
        due_in_minutes=st.integers(-500, 500),
    ),
    unique_by=lambda ticket: ticket.ticket_id,
)


def test_a_senior_gets_the_premium_ticket_that_is_due_first() -> None:
    queue = [waiting("a", "standard", 5), waiting("b", "premium", 90), waiting("c", "premium", 80)]
    assert next_for(Tier.SENIOR, queue) == queue[2]


def test_the_class_of_the_highest_rank_comes_first_however_late_the_others_are() -> None:
    queue = [waiting("a", "premium", -90), waiting("b", "within 30 minutes", 29)]
    assert next_for(Tier.SENIOR, queue) == queue[1]


def test_a_senior_helps_with_standard_when_no_premium_waits() -> None:
    assert next_for(Tier.SENIOR, [waiting("a")]) == waiting("a")


def test_a_regular_agent_gets_standard_however_urgent_premium_is() -> None:
    queue = [waiting("a", "premium", 1), waiting("b", "standard", 900)]
    assert next_for(Tier.REGULAR, queue) == queue[1]


def test_nobody_gets_anything_out_of_an_empty_queue() -> None:
    assert next_for(Tier.SENIOR, []) is None
    assert next_for(Tier.REGULAR, [waiting("a", "premium")]) is None


def test_equal_due_times_go_by_age() -> None:
    assert next_for(Tier.REGULAR, [waiting("tkt_2"), waiting("tkt_1")]) == waiting("tkt_1")


@given(some_waiting)
def test_nothing_of_the_same_class_is_due_before_what_one_gets(queue: list[Waiting]) -> None:
    for tier in Tier:
        chosen = next_for(tier, queue)
        if chosen is not None:
            same = [ticket for ticket in queue if (ticket.taken_by, ticket.rank) == (chosen.taken_by, chosen.rank)]
            assert all(chosen.respond_by <= ticket.respond_by for ticket in same)


@given(some_waiting)
def test_seniors_empty_the_whole_queue_and_the_highest_rank_leaves_first(queue: list[Waiting]) -> None:
    taken = []
    left = list(queue)
    while (chosen := next_for(Tier.SENIOR, left)) is not None:
        taken.append(chosen)
        left.remove(chosen)
    assert not left
    ranks = [ticket.rank for ticket in taken]
    assert ranks == sorted(ranks, reverse=True)


def test_a_class_of_a_higher_rank_that_everybody_takes_waits_until_seniors_have_their_own() -> None:
    queue = [
        Waiting(ticket_id="a", taken_by=TakenBy.EVERYBODY, rank=99, respond_by=NOON),
        waiting("b", "premium", 500),
    ]
    assert next_for(Tier.SENIOR, queue) == queue[1]
    assert next_for(Tier.REGULAR, queue) == queue[0]


def test_who_takes_a_class_of_a_newer_release_is_everybody() -> None:
    assert TakenBy.read("senior") is TakenBy.SENIOR
    assert TakenBy.read("night shift") is TakenBy.EVERYBODY


def test_the_tier_follows_the_roles_of_the_sign_in() -> None:
    assert tier_of({"agent", "senior"}) is Tier.SENIOR
    assert tier_of({"agent"}) is Tier.REGULAR

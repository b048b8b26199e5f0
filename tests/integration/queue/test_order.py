"""The order of Take next over any history, and while somebody looks at an old snapshot all the time."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.queue.agents.agent import Tier
from services.queue.classes.response_class import TakenBy
from services.queue.conversation.reply import reopen_ticket
from services.queue.leases import hold
from services.queue.ordering.ordering import Waiting, lanes, next_for
from services.queue.ordering.take_next import take_next
from services.queue.ordering.watermark import RENEWED_AFTER
from services.queue.tickets.ticket import Lease
from shared import clock
from shared.ids import new_token
from tests.support.queue import PREMIUM, STANDARD, WITHIN_30, Queue, queue_service

CLASSES = {"standard": STANDARD, "premium": PREMIUM, "within 30 minutes": WITHIN_30}
CLAIMED_UNDER_SNAPSHOT = 4000
MOST_BUFFERS_OF_A_LANE = 6
"""Down the index, to the row, and to lock it."""
MANY = """
    insert into tickets (id, number, contact_key, contact_email, zone, subject, opened_at, queued, response_class,
        class_rank, taken_by, class_names, class_sentences, starts_at, respond_by, target_minutes, calendar, reasons)
    select 'tkt_' || lpad(n::text, 8, '0'), n, 'jo@x.test', 'jo@x.test', 'UTC', 'Many', now(), true, 'standard',
        10, 'everybody', '{}', '{}', now(), now() + make_interval(secs => n), 60,
        '{"id": "always", "names": {}, "zone": "UTC"}', '[]'
    from generate_series(1, :count) n
"""


@pytest.fixture
def queue(databases: Any) -> Iterator[Queue]:
    with queue_service(databases) as service:
        yield service


@dataclass(kw_only=True)
class Clock:
    """Stands still until it is told."""

    at: datetime = field(default_factory=clock.now)

    def now(self) -> datetime:
        return self.at


@pytest.fixture
def still(monkeypatch: pytest.MonkeyPatch) -> Clock:
    held = Clock()
    monkeypatch.setattr(clock, "now", held.now)
    return held


def waiting_in(queue: Queue, now: datetime) -> list[Waiting]:
    """What waits, as the table says it."""
    rows = queue.rows(
        sa.text(
            "select id, taken_by, class_rank, respond_by from tickets"
            " where queued and (lease_expires_at is null or lease_expires_at <= :now)"
        ).bindparams(now=now)
    )
    return [
        Waiting(ticket_id=row.id, taken_by=TakenBy(row.taken_by), rank=row.class_rank, respond_by=row.respond_by)
        for row in rows
    ]


@dataclass(kw_only=True)
class History:
    """What happened to the queue so far; `came_at`: when a ticket came to the place in the order where it is."""

    queue: Queue
    still: Clock
    came_at: dict[str, datetime] = field(default_factory=dict)
    taken: list[tuple[str, Lease]] = field(default_factory=list)

    def open(self, kind: str, minutes: int) -> None:
        ticket = self.queue.open_undecided()
        self.queue.decide(
            ticket.id,
            response_class=CLASSES[kind],
            starts_at=self.still.at.isoformat(),
            respond_by=(self.still.at + timedelta(minutes=minutes)).isoformat(),
        )
        self.came_at[ticket.id] = self.still.at

    def claim(self, tier: Tier, seconds: int) -> None:
        self.still.at += timedelta(seconds=seconds)
        waiting = waiting_in(self.queue, self.still.at)
        agent = self.queue.agent(f"{tier}", tier)
        got = take_next(self.queue.context, agent, new_token())
        first = next_for(tier, waiting)
        if got is None or first is None:
            assert got is None
            assert first is None
            return
        while first.ticket_id != got.id:  # passed over: only what has just come, and only for a moment
            assert self.still.at - self.came_at[first.ticket_id] < RENEWED_AFTER
            waiting.remove(first)
            first = next_for(tier, waiting)
            assert first is not None
        self.taken.append((got.id, Lease(agent_id=agent.id, token=got.lease_token)))

    def give_back(self, which: int) -> None:
        if self.taken:
            ticket_id, lease = self.taken.pop(which % len(self.taken))
            agent = self.queue.agent("senior", Tier.SENIOR)
            if agent.id != lease.agent_id:
                agent = self.queue.agent("regular", Tier.REGULAR)
            hold.return_ticket(self.queue.context, agent, ticket_id, lease, "not mine")
            self.came_at[ticket_id] = self.still.at

    def expire(self, which: int) -> None:
        if self.taken:
            ticket_id, _ = self.taken.pop(which % len(self.taken))
            self.queue.write(
                "update tickets set lease_expires_at = :now where id = :id", now=self.still.at, id=ticket_id
            )
            self.came_at[ticket_id] = self.still.at

    def reopen(self, which: int) -> None:
        """It was resolved by somebody who has left since; the customer says that it is not solved."""
        if self.taken:
            ticket_id, _ = self.taken.pop(which % len(self.taken))
            self.queue.write(
                "update tickets set state = 'resolved', queued = false, owner_id = null, lease_expires_at = null"
                " where id = :id",
                id=ticket_id,
            )
            reopen_ticket(self.queue.context, ticket_id, "", new_token())
            self.came_at[ticket_id] = self.still.at

    def raise_promise(self, which: int, kind: str) -> None:
        if self.came_at:
            ticket_id = sorted(self.came_at)[which % len(self.came_at)]
            before = self.queue.ticket(ticket_id)
            assert before.promise is not None
            self.queue.decide(
                ticket_id,
                response_class=CLASSES[kind],
                sequence=before.promise.sequence + 1,
                respond_by=(before.promise.respond_by - timedelta(minutes=7)).isoformat(),
            )
            self.came_at[ticket_id] = self.still.at


kinds, which = st.sampled_from(sorted(CLASSES)), st.integers(0, 5)
opens = st.tuples(st.just("open"), kinds, st.integers(-60, 300))
claims = st.tuples(st.just("claim"), st.sampled_from(list(Tier)), st.sampled_from((0, 1, 1)))
steps = st.one_of(
    opens,
    opens,
    claims,
    claims,
    claims,
    st.tuples(st.sampled_from(("give_back", "expire", "reopen")), which),
    st.tuples(st.just("raise_promise"), which, kinds),
)


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(history=st.lists(steps, min_size=4, max_size=24))
def test_take_next_gives_what_the_ordering_rule_says_over_any_history(
    queue: Queue, still: Clock, history: list[tuple[Any, ...]]
) -> None:
    queue.write("update tickets set queued = false, lease_expires_at = null")
    still.at += timedelta(minutes=1)
    told = History(queue=queue, still=still)
    for name, *arguments in history:
        step: Callable[..., None] = getattr(told, name)
        step(*arguments)
    for tier in (Tier.REGULAR, Tier.SENIOR):
        while next_for(tier, waiting_in(queue, still.at)) is not None:
            told.claim(tier, 0)


@pytest.mark.usefixtures("still")
def test_a_look_at_an_old_snapshot_makes_no_claim_slower(queue: Queue, databases: Any) -> None:
    queue.write(MANY, count=CLAIMED_UNDER_SNAPSHOT + 100)
    ana, seen = queue.agent("Ana", Tier.SENIOR), Claims(queue)
    assert take_next(queue.context, ana, new_token()) is not None
    first = seen.buffers_of_heads()
    url = databases["queue"].owner.replace("postgresql+psycopg://", "postgresql://")
    with psycopg.connect(url) as somebody:
        somebody.execute("set transaction isolation level repeatable read")
        somebody.execute("select count(*) from tickets")
        for _ in range(CLAIMED_UNDER_SNAPSHOT):
            assert take_next(queue.context, ana, new_token()) is not None
        after = seen.buffers_of_heads()
        assert somebody.info.transaction_status is psycopg.pq.TransactionStatus.INTRANS
    assert after <= first + 1
    assert after <= MOST_BUFFERS_OF_A_LANE * len(lanes(Tier.SENIOR))


def test_leased_tickets_do_not_stand_in_the_way(queue: Queue, still: Clock) -> None:
    """A claim from the head reads no more than another one, however many tickets agents work on just now."""
    queue.write(MANY, count=400)
    ben, seen = queue.agent("Ben", Tier.REGULAR), Claims(queue)
    for _ in range(300):
        take_next(queue.context, ben, new_token())
    buffers = []
    for _ in range(2):  # the first one tells Postgres which of its index entries nobody needs any more
        still.at += RENEWED_AFTER
        take_next(queue.context, ben, new_token())
        buffers.append(seen.buffers_of_heads())
    assert buffers[-1] <= MOST_BUFFERS_OF_A_LANE


class Claims:
    """Remembers the last claim that was sent, and asks Postgres what it would read once more."""

    def __init__(self, queue: Queue) -> None:
        self._engine = queue.context.db.engine
        self._last: tuple[str, Any] = ("", None)
        sa.event.listen(self._engine, "before_cursor_execute", self._note)

    def _note(self, _connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        if statement.startswith("WITH"):
            self._last = (statement, parameters)

    def buffers_of_heads(self) -> int:
        """Pages touched to find the first ticket of each lane; nothing is taken."""
        statement, parameters = self._last
        with self._engine.connect() as connection:
            rows = connection.exec_driver_sql(
                f"explain (analyze, buffers, format json) {statement}", parameters | ANOTHER_PRESS
            )
            plan = rows.scalar_one()
            connection.rollback()
        plan = json.loads(plan) if isinstance(plan, str) else plan
        return sum(_touched(node) for node in _heads(plan[0]["Plan"]))


ANOTHER_PRESS = {"audit_form_key": None}


def _heads(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    if str(node.get("Subplan Name", "")).startswith("CTE head_of_"):
        yield node
        return
    for part in node.get("Plans", []):
        yield from _heads(part)


def _touched(node: dict[str, Any]) -> int:
    return int(node["Shared Hit Blocks"]) + int(node["Shared Read Blocks"])

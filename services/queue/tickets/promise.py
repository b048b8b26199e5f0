"""Which promise stands when another one is offered: it may rise, it never falls and never moves later."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from services.queue.classes.response_class import CalendarName, ResponseClass, TakenBy
from services.queue.classes.source import Source
from shared.sentences import Sentence


@dataclass(frozen=True, kw_only=True)
class Promise:
    """By when a person answers, and why. `sequence` is 0 for a promise that was made without a decision."""

    response_class: ResponseClass
    starts_at: datetime
    respond_by: datetime
    target_minutes: int
    calendar: CalendarName
    reasons: tuple[Sentence, ...]
    decision_id: str | None = None
    sequence: int = 0
    source: Source | None = None


def raised(standing: Promise | None, offered: Promise) -> Promise:
    """The promise after `offered` has come in: the higher rank and the earlier time of the two.

    An older or repeated decision (by sequence) changes nothing. What is not better is not shown, but its decision id
    and sequence are kept, so that the ticket always names the decision that entitlements holds as the last one.
    """
    if standing is None:
        return offered
    if offered.sequence <= standing.sequence:
        return standing
    rises = offered.response_class.rank > standing.response_class.rank
    level = offered.response_class.rank == standing.response_class.rank
    if rises and offered.respond_by > standing.respond_by:
        kept = Sentence.of("kept_earlier")
        return replace(offered, respond_by=standing.respond_by, reasons=(*offered.reasons, kept))
    if rises or (level and offered.respond_by < standing.respond_by):
        return offered
    return replace(standing, decision_id=offered.decision_id, sequence=offered.sequence)


def is_better(standing: Promise | None, after: Promise) -> bool:
    """Whether the customer has something new to learn: a first promise, an earlier time, or a class that was bought.

    The decision that comes after the fallback promise names the class that everybody gets: no news.
    """
    if standing is None:
        return True
    rises = after.response_class.rank > standing.response_class.rank
    return after.respond_by < standing.respond_by or (rises and after.source is not None)


def fallback(
    opened_at: datetime, respond_by: datetime, target: timedelta, response_class: ResponseClass, calendar: CalendarName
) -> Promise:
    """The promise that is given when no decision came in time: nobody waits without one."""
    return Promise(
        response_class=response_class,
        starts_at=opened_at,
        respond_by=respond_by,
        target_minutes=int(target.total_seconds() // 60),
        calendar=calendar,
        reasons=(Sentence.of("not_decided_in_time"),),
    )


def as_json(promise: Promise) -> dict[str, Any]:
    """The promise as a mail keeps it, to say later what was so at that moment."""
    return {
        "response_class": asdict(promise.response_class),
        "starts_at": promise.starts_at.isoformat(),
        "respond_by": promise.respond_by.isoformat(),
        "target_minutes": promise.target_minutes,
        "calendar": asdict(promise.calendar),
        "reasons": [reason.as_json() for reason in promise.reasons],
    }


def from_json(stored: Mapping[str, Any]) -> Promise:
    """The promise as it was before `as_json`, without what paid for it."""
    of_class = stored["response_class"]
    return Promise(
        response_class=ResponseClass(**of_class | {"taken_by": TakenBy.read(of_class["taken_by"])}),
        starts_at=datetime.fromisoformat(stored["starts_at"]),
        respond_by=datetime.fromisoformat(stored["respond_by"]),
        target_minutes=stored["target_minutes"],
        calendar=CalendarName(**stored["calendar"]),
        reasons=tuple(Sentence.from_json(reason) for reason in stored["reasons"]),
    )

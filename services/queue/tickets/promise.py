"""Which promise stands when another one is offered: it may rise, it never falls and never moves later."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from shared.worktime import Calendar, add_working


class ResponseClass(StrEnum):
    """How fast a person answers."""

    PREMIUM = "premium"
    """Paid: within hours, around the clock, by senior agents first."""
    STANDARD = "standard"
    """Everybody's: within a working day."""

    @property
    def height(self) -> int:
        """Higher is the better promise."""
        return {ResponseClass.STANDARD: 0, ResponseClass.PREMIUM: 1}[self]


@dataclass(frozen=True, kw_only=True)
class Reason:
    """One step of the way to a promise, in plain words for the customer."""

    code: str
    text: str


@dataclass(frozen=True, kw_only=True)
class CalendarName:
    """The calendar that a promise is counted in; `zone` is an IANA name."""

    id: str
    name: str
    zone: str


@dataclass(frozen=True, kw_only=True)
class Promise:
    """By when a person answers, and why. `sequence` is 0 for a promise that was made without a decision."""

    response_class: ResponseClass
    starts_at: datetime
    respond_by: datetime
    target_minutes: int
    calendar: CalendarName
    reasons: tuple[Reason, ...]
    decision_id: str | None = None
    sequence: int = 0
    grant_id: str | None = None


KEPT_EARLIER = Reason(
    code="kept_earlier", text="You were already promised an earlier time, so that earlier time stands."
)


def raised(standing: Promise | None, offered: Promise) -> Promise:
    """The promise after `offered` has come in: the better class and the earlier time of the two.

    An older or repeated decision (by sequence) changes nothing. What is not better is not shown, but its decision id
    and sequence are kept, so that the ticket always names the decision that entitlements holds as the last one.
    """
    if standing is None:
        return offered
    if offered.sequence <= standing.sequence:
        return standing
    rises = offered.response_class.height > standing.response_class.height
    earlier = offered.respond_by < standing.respond_by
    if rises and offered.respond_by > standing.respond_by:
        return replace(offered, respond_by=standing.respond_by, reasons=(*offered.reasons, KEPT_EARLIER))
    if rises or (earlier and offered.response_class is standing.response_class):
        return offered
    return replace(standing, decision_id=offered.decision_id, sequence=offered.sequence)


def is_better(standing: Promise | None, after: Promise) -> bool:
    """Whether the customer has something new to learn: a first promise, a better class or an earlier time."""
    if standing is None:
        return True
    return after.response_class is not standing.response_class or after.respond_by < standing.respond_by


def fallback(opened_at: datetime, target: timedelta, calendar: Calendar) -> Promise:
    """The standard promise that is given when no decision came in time: nobody waits without one."""
    return Promise(
        response_class=ResponseClass.STANDARD,
        starts_at=opened_at,
        respond_by=add_working(calendar, opened_at, target),
        target_minutes=int(target.total_seconds() // 60),
        calendar=CalendarName(id="fallback_weekdays", name="Monday to Friday, around the clock", zone=calendar.zone),
        reasons=(
            Reason(
                code="not_decided_in_time",
                text="We could not look up what you have bought in time, so the standard answer time holds for now. "
                "If you have paid for a faster answer, the time gets earlier, never later.",
            ),
        ),
    )

"""A session of somebody of the staff: how long it lasts, and for how long its roles are believed."""

from dataclasses import dataclass
from datetime import datetime, timedelta

LOOK_LASTS = timedelta(seconds=10)
"""So long a request may be at the provider before another one asks in its place."""


@dataclass(frozen=True, kw_only=True)
class Limits:
    """How long a session lasts. `roles_hold`: the provider is asked again when what it said is older.

    `without_answer`: so long what it said last counts while it does not answer.
    """

    lasts: timedelta
    idle: timedelta
    roles_hold: timedelta
    without_answer: timedelta


@dataclass(frozen=True, kw_only=True)
class Person:
    """Who somebody is, as the provider says it. `provider_sid` is its own name for the sign-in, where it has one."""

    subject: str
    name: str
    email: str | None
    roles: tuple[str, ...]
    provider_sid: str | None = None


@dataclass(frozen=True, kw_only=True)
class StaffSession:
    """A session that stands. `sealed_tokens` opens with the browser's secret only."""

    person: Person
    began_at: datetime
    seen_at: datetime
    ends_at: datetime
    looked_at: datetime
    unanswered_at: datetime | None
    sealed_tokens: str

    def is_believed(self, now: datetime, limits: Limits) -> bool:
        """Whether its roles may be used as they are, without another look.

        They are young enough; or the provider was asked a moment ago, did not answer, and has not been away for long.
        """
        young = now - limits.roles_hold - LOOK_LASTS
        if self.looked_at > young:
            return True
        asked = self.unanswered_at is not None and self.unanswered_at > young
        return asked and self.outlasts_silence(now, limits)

    def outlasts_silence(self, now: datetime, limits: Limits) -> bool:
        """Whether it goes on although the provider does not answer."""
        return self.looked_at > now - limits.without_answer

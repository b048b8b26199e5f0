"""When a mail that was not taken is tried again, and when a person must look at it."""

from datetime import timedelta
from enum import StrEnum


class MailState(StrEnum):
    """How far a mail has come."""

    PENDING = "pending"
    """Written, not yet taken by the mail server; tried until it is."""
    SENT = "sent"
    """The mail server has taken it."""
    PARKED = "parked"
    """The mail server refused it for good, again and again; a person must look."""


CLAIM = timedelta(seconds=40)
"""How long one sender may be at a mail before another may try it: longer than all SMTP time-outs of one try."""

REFUSALS_UNTIL_PARKED = 5
_PAUSES = tuple(timedelta(seconds=seconds) for seconds in (2, 5, 10, 20, 30))


def pause_before(next_attempt: int) -> timedelta:
    """How long to wait before that attempt (the second is 2); never long: a minute after a fault all has left."""
    return _PAUSES[min(next_attempt - 2, len(_PAUSES) - 1)] if next_attempt > 1 else timedelta(0)

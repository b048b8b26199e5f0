"""The reasons of a promise in the reader's words: those that the queue gives itself, beside those of decisions."""

from collections.abc import Iterable
from datetime import datetime

from shared.language import N_
from shared.phrasebook import Phrasebook
from shared.sentences import Sentence

REASONS = Phrasebook(
    {
        "kept_earlier": N_("You were already promised an earlier time, so that earlier time stands."),
        "not_decided_in_time": N_(
            "We could not look up what you have bought in time, so the standard answer time holds for now. "
            "If you have paid for a faster answer, the time gets earlier, never later."
        ),
    }
)


def reasons_said(
    reasons: Iterable[Sentence], *, zone: str | None = None, now: datetime | None = None
) -> tuple[str, ...]:
    """Each reason as a sentence for whoever reads now."""
    return tuple(REASONS.show(reason, zone=zone, now=now) for reason in reasons)

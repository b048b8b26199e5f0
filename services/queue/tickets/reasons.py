"""The reasons of a promise in the reader's words: those that the queue gives itself, beside those of decisions."""

from collections.abc import Iterable
from datetime import datetime

from shared import reasons
from shared.language import N_
from shared.phrasebook import Phrasebook
from shared.sentences import Sentence

REASONS = reasons.REASONS | Phrasebook(
    {
        "kept_earlier": N_("You were already promised an earlier time, so that earlier time stands."),
        "not_decided_in_time": N_(
            "We could not look up what you have bought in time, so the standard answer time holds for now. "
            "If you have paid for a faster answer, the time gets earlier, never later."
        ),
    }
)


_OF_ACCOUNT = frozenset({"credit_of_account", "class_is_gone"})
"""Those that tell what an address has bought, where no purchase for the very ticket is told of beside them."""


def told_to_anybody(given: Iterable[Sentence]) -> tuple[Sentence, ...]:
    """The reasons without what only the owner of the address may know."""
    reasons = tuple(given)
    if all(reason.code != "credit_of_account" for reason in reasons):
        return reasons
    return tuple(reason for reason in reasons if reason.code not in _OF_ACCOUNT)


def reasons_said(given: Iterable[Sentence], *, zone: str | None = None, now: datetime | None = None) -> tuple[str, ...]:
    """Each reason as a sentence for whoever reads now."""
    return tuple(REASONS.show(reason, zone=zone, now=now) for reason in given)

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
INSIDE = Phrasebook(
    REASONS.phrases
    | {
        "paid_for_this_ticket": N_("The customer bought an incident for this ticket."),
        "credit_of_account": N_("One of the customer's incidents is used for this ticket."),
        "no_credit": N_("No incident is used for this ticket."),
        "class_is_gone": N_("What the customer bought (%(bought)s) is no longer offered: the next best applies."),
        "answer_counted_from_payment": N_(
            "Answer %(target|within)s, %(calendar)s, counted from the payment (%(start)s)."
        ),
        "answer_counted_from_question": N_(
            "Answer %(target|within)s, %(calendar)s, counted from the question (%(start)s)."
        ),
        "earlier_time_kept": N_("The customer was promised an earlier time, which stays: %(respond_by)s."),
        "kept_earlier": N_("The customer was promised an earlier time, which stays."),
        "not_decided_in_time": N_(
            "No decision came in time, so the standard answer time holds for now. If the customer has paid, the time "
            "gets earlier, never later."
        ),
    }
)
"""The same reasons, as those who work here read them."""


_OF_ACCOUNT = frozenset({"credit_of_account", "class_is_gone"})
"""Those that tell what an address has bought, where no purchase for the very ticket is told of beside them."""


def told_to_anybody(given: Iterable[Sentence]) -> tuple[Sentence, ...]:
    """The reasons without what only the owner of the address may know."""
    reasons = tuple(given)
    if all(reason.code != "credit_of_account" for reason in reasons):
        return reasons
    return tuple(reason for reason in reasons if reason.code not in _OF_ACCOUNT)


def reasons_said(
    given: Iterable[Sentence], *, zone: str | None = None, now: datetime | None = None, inside: bool = False
) -> tuple[str, ...]:
    """Each reason as a sentence for whoever reads now, the customer or somebody who works here."""
    book = INSIDE if inside else REASONS
    return tuple(book.show(reason, zone=zone, now=now) for reason in given)

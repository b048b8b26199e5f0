"""The words for the reasons of a decision: entitlements stores the codes, whoever shows a promise says them."""

from shared.language import N_
from shared.phrasebook import Phrasebook

REASONS = Phrasebook(
    {
        "paid_for_this_ticket": N_("You bought a priority incident for this question."),
        "credit_of_account": N_("One of your priority incidents is used for this question."),
        "no_credit": N_("No priority incident is used for this question."),
        "class_is_gone": N_("What you bought (%(bought)s) is no longer offered: the next best that we have applies."),
        "answer_counted_from_payment": N_(
            "A person answers %(target|within)s, %(calendar)s, counted from your payment (%(start)s)."
        ),
        "answer_counted_from_question": N_(
            "A person answers %(target|within)s, %(calendar)s, counted from your question (%(start)s)."
        ),
        "earlier_time_kept": N_("The earlier time that was promised stays: %(respond_by)s."),
    }
)
"""A calendar's name comes with the reason, as Words of the policy."""

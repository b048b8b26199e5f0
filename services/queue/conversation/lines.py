"""What our own lines of a conversation say, in the language and the zone of whoever reads them."""

from services.queue.conversation.message import Message
from shared.language import N_
from shared.phrasebook import Phrasebook, Plural
from shared.sentences import Sentence

LINES = Phrasebook(
    {
        "solved": N_("Solved."),
        "not_solved": N_("It is not solved yet."),
        "reopened": N_("Not solved: we carry on, at no charge."),
        "believed_solved": N_("%(agent)s thinks it is solved."),
        "canceled": N_("Canceled: no longer needed."),
        "given_back": N_("Given back to the queue: %(why)s"),
        "payment_arrived": N_("Your payment has arrived."),
        "incidents_kept": Plural(
            "You paid after we had answered. One incident waits for your next question. Money back? Write it here.",
            "You paid after we had answered. %(num)s incidents wait for your next question. Money back? Write it here.",
        ),
        "answered_by": N_("A person answers by %(respond_by)s."),
        "answered_sooner": N_("Your answer comes sooner now: by %(respond_by)s."),
    }
)
INSIDE = Phrasebook(
    LINES.phrases
    | {
        "solved": N_("The customer says that it is solved."),
        "not_solved": N_("The customer says that it is not solved."),
        "reopened": N_("Reopened, at no charge."),
        "canceled": N_("The customer no longer needs it."),
        "payment_arrived": N_("The customer has paid."),
        "incidents_kept": Plural(
            "Paid only after the answer: one incident is kept for them. Who wants the money back: tell finance.",
            "Paid only after the answer: %(num)s incidents are kept for them. Who wants the money back: tell finance.",
        ),
        "answered_by": N_("The customer was told: an answer by %(respond_by)s."),
        "answered_sooner": N_("The customer was told: an answer sooner, by %(respond_by)s."),
    }
)
"""The same lines, as those who work here read them."""


def text_of(message: Message, zone: str, *, inside: bool = False) -> str:
    """The words of a message, as they are shown. A time reads as it did when the line was written."""
    if isinstance(message.words, Sentence):
        return (INSIDE if inside else LINES).show(message.words, zone=zone, now=message.created_at)
    return message.words

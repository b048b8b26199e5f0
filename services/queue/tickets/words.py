"""What several rooms say of tickets: the words for their states, and of a text that is too long."""

from services.queue.tickets.ticket import State
from shared.formats import number
from shared.language import gettext as _
from shared.language import pgettext


def state_words() -> dict[State, str]:
    """Each state, to those who work here."""
    return {
        State.OPEN: pgettext("a ticket", "Open"),
        State.WAITING_CUSTOMER: pgettext("a ticket", "Waits for the customer"),
        State.RESOLVED: pgettext("a ticket", "Resolved"),
        State.CLOSED: pgettext("a ticket", "Closed"),
        State.CANCELED: pgettext("a ticket", "Canceled"),
    }


def too_long(text: str, longest: int) -> str | None:
    """What a form says of more than we keep; None where it fits."""
    if len(text) <= longest:
        return None
    most, now = number(longest), number(len(text))
    return _("This is too long: use at most %(most)s characters (now %(now)s).", most=most, now=now)

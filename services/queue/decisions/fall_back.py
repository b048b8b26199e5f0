"""Give the fallback promise where no decision came in time: nobody waits without one."""

from datetime import timedelta

from services.queue.classes.response_class import CalendarName, ResponseClass, TakenBy, lowest
from services.queue.context import Context
from services.queue.decisions.freeze_promise import freeze_promise
from services.queue.decisions.store import DEADLINES
from services.queue.tickets import store as tickets
from services.queue.tickets.promise import Promise, fallback
from services.queue.tickets.ticket import State, Ticket
from shared import clock
from shared.audit import SYSTEM, Change
from shared.language import gettext as _
from shared.reader import LANGUAGES, reading_in
from shared.work.item import Item
from shared.worktime import add_working

UNKNOWN_CLASS = ResponseClass(id="standard", rank=0, taken_by=TakenBy.EVERYBODY, names={}, sentences={})
"""Where no class is known: entitlements has not answered since this process began."""


def give_fallback(context: Context, item: Item) -> None:
    """Freeze the promise of the lowest class on a ticket whose time to be decided is over, unless it has one."""
    known = lowest(context.entitlements.classes())
    minutes = context.settings.decide_within // timedelta(minutes=1)
    change = Change(actor=SYSTEM, action="fallback_promised", why=f"no decision in {minutes} minutes", at=clock.now())
    with context.db.transaction() as session:
        ticket = tickets.lock(session, item.key)
        if ticket.promise is None and ticket.state is not State.CANCELED:
            offered = _fallback(context, ticket, known.response_class if known else UNKNOWN_CLASS)
            freeze_promise(session, context.settings, ticket, offered, change)
        DEADLINES.done(session, item)


def _fallback(context: Context, ticket: Ticket, response_class: ResponseClass) -> Promise:
    settings = context.settings
    respond_by = add_working(settings.fallback_calendar, ticket.opened_at, settings.fallback_target)
    calendar = CalendarName(id="fallback_weekdays", names=_calendar_names(), zone=settings.fallback_calendar.zone)
    return fallback(ticket.opened_at, respond_by, settings.fallback_target, response_class, calendar)


def _calendar_names() -> dict[str, str]:
    names = {}
    for language in LANGUAGES:
        with reading_in(language):
            names[language] = _("Monday to Friday, around the clock")
    return names

"""The trace as a line of stations: a charge, its order, grant, ticket, first answer and revenue."""

from typing import Any

from services.billing.orders.order import OrderState
from services.billing.trace.follow import TicketTrace, Trace
from shared import formats
from shared.language import gettext as _
from shared.language import ngettext, pgettext

Station = dict[str, Any]


def _state(state: str) -> str:
    """Where a ticket stands, in the queue's own word where it is a new one."""
    words = {
        "open": pgettext("state of a ticket", "open"),
        "waiting_customer": pgettext("state of a ticket", "waiting customer"),
        "resolved": pgettext("state of a ticket", "resolved"),
        "closed": pgettext("state of a ticket", "closed"),
        "canceled": pgettext("state of a ticket", "canceled"),
    }
    return words.get(state) or state.replace("_", " ")


def _badge(state: str) -> str:
    words = _state(state)
    return words[:1].upper() + words[1:]


def _minutes(minutes: int) -> str:
    return (
        ngettext("one minute", "%(num)s minutes", minutes)
        if minutes
        else pgettext("after a preposition", "less than a minute")
    )


def _paid_for(trace: Trace) -> list[TicketTrace]:
    """The tickets that the order paid for: one that was canceled before it used a credit is none of them."""
    return [
        ticket for ticket in trace.tickets if ticket.consumed or not (ticket.facts and ticket.facts.state == "canceled")
    ]


def _first(trace: Trace) -> TicketTrace | None:
    return next(iter(_paid_for(trace)), None)


def _charge(trace: Trace) -> Station:
    charge = trace.charge
    balance = charge.balance_transaction
    fee = (
        _("fee %(amount)s", amount=formats.money(balance.fee_minor, balance.gross.currency))
        if balance
        else _("fee not known yet")
    )
    amount = formats.money(charge.amount.amount_minor, charge.amount.currency)
    return {
        "name": pgettext("station", "Charge"),
        "id": charge.charge_id,
        "at": charge.created_at,
        "amount": amount,
        "note": fee,
    }


def _order(trace: Trace) -> Station:
    order = trace.order
    if order is None:
        return {"name": pgettext("station", "Order"), "note": _("not in our books")}
    return {
        "name": pgettext("station", "Order"),
        "id": order.order_id,
        "at": order.settled_at,
        "amount": ngettext("one incident", "%(num)s incidents", order.credits),
        "waiting": order.state is not OrderState.SETTLED,
    }


def _grant(trace: Trace) -> Station:
    if not trace.grants:
        note = _("entitlements does not answer") if "entitlements" in trace.silent else None
        return {"name": pgettext("station", "Grant"), "note": note, "waiting": trace.order is not None}
    grant = trace.grants[0]
    counts = (
        (grant.available, _("%(count)s left", count=grant.available)),
        (grant.held, _("%(count)s held", count=grant.held)),
        (grant.consumed, _("%(count)s used", count=grant.consumed)),
    )
    note = ", ".join(words for count, words in counts if count)
    return {"name": pgettext("station", "Grant"), "id": grant.grant_id, "at": grant.granted_at, "note": note}


def _ticket(trace: Trace, ticket: TicketTrace | None) -> Station:
    if ticket is None:
        # Nothing is awaited of a charge that our books do not know.
        known = trace.order is not None
        note = _("no ticket used it yet") if known else None
        return {"name": pgettext("station", "Ticket"), "note": note, "waiting": known}
    facts = ticket.facts
    unknown = _("queue does not answer") if "queue" in trace.silent else _("queue does not know it")
    return {
        "name": (
            _("Ticket #%(number)s", number=facts.number) if facts and facts.number else pgettext("station", "Ticket")
        ),
        "id": ticket.ticket_id,
        "at": facts.opened_at if facts else None,
        "note": _state(facts.state) if facts and facts.state else unknown,
    }


def _answer(trace: Trace, ticket: TicketTrace | None) -> Station:
    facts = ticket.facts if ticket else None
    if facts is None or facts.first_responded_at is None:
        silent = _("queue does not answer") if "queue" in trace.silent else None
        return {"name": pgettext("station", "First answer"), "note": silent, "waiting": trace.order is not None}
    minutes = facts.minutes_to_first_response
    words = None if minutes is None else _("after %(minutes)s", minutes=_minutes(minutes))
    return {"name": pgettext("station", "First answer"), "at": facts.first_responded_at, "amount": words}


def _revenue(trace: Trace) -> Station:
    earned = trace.released
    if earned is None:
        return {"name": pgettext("station", "Revenue"), "waiting": trace.order is not None}
    return {
        "name": pgettext("station", "Revenue"),
        "at": trace.last_released_at,
        "amount": formats.money(earned.amount_minor, earned.currency),
    }


def stations_of(trace: Trace) -> list[Station]:
    """The stations of the line; where an order paid for several tickets, its first stands for them."""
    ticket = _first(trace)
    return [
        _charge(trace),
        _order(trace),
        _grant(trace),
        _ticket(trace, ticket),
        _answer(trace, ticket),
        _revenue(trace),
    ]


def tickets_of(trace: Trace) -> list[dict[str, Any]]:
    """Each ticket that the order paid for, as a line of the table."""
    return [
        {
            "ticket_id": ticket.ticket_id,
            "state": ticket.facts.state if ticket.facts else None,
            "state_words": _badge(ticket.facts.state) if ticket.facts and ticket.facts.state else None,
            "consumed": ticket.consumed,
            "answered_at": ticket.facts.first_responded_at if ticket.facts else None,
            "minutes": ticket.facts.minutes_to_first_response if ticket.facts else None,
        }
        for ticket in _paid_for(trace)
    ]


def sentence(trace: Trace) -> str:
    """The whole chain in one sentence."""
    ticket = _first(trace)
    paid = formats.money(trace.charge.amount.amount_minor, trace.charge.amount.currency)
    if trace.order is None:
        return _("%(paid)s that our books know nothing of.", paid=paid)
    minutes = ticket.facts.minutes_to_first_response if ticket and ticket.facts else None
    if minutes is not None:
        return _("%(paid)s paid, and a person answered after %(minutes)s.", paid=paid, minutes=_minutes(minutes))
    return _("%(paid)s paid, and no answer is on record yet.", paid=paid)

"""The customer's ticket page, before it is drawn: who has the ticket, by when, and what can be done next."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from services.queue.agents import store as agents
from services.queue.agents.agent import Agent, Tier
from services.queue.context import Context
from services.queue.conversation import store as messages
from services.queue.conversation.message import Message, MessageKind
from services.queue.mail_out.proof import Held, held_of
from services.queue.payments.payment import may_be_paid
from services.queue.tickets.address import Visit
from services.queue.tickets.ticket import Payment, State, Ticket
from shared import clock
from shared.formats import money, when
from shared.http import PeerUnavailable
from shared.language import gettext as _


@dataclass(frozen=True, kw_only=True)
class Case:
    """What the page is made of.

    `proven`: whoever reads it came by a mailed link. `held`: mails to its address that wait for a proof. `answered`: an
    agent has written to the customer, sent by now or still on its way.
    """

    ticket: Ticket
    proven: bool
    held: Held
    agent: Agent | None
    messages: tuple[Message, ...]
    answered: bool


def case_of(session: Session, visit: Visit) -> Case:
    """The ticket with who has it and what was said."""
    ticket = visit.ticket
    said = tuple(messages.of_ticket(session, ticket.id, with_notes=False))
    return Case(
        ticket=ticket,
        proven=visit.proven,
        held=held_of(session, ticket.contact_key, ticket.id),
        agent=agents.find(session, ticket.owner_id),
        messages=said,
        answered=any(message.kind is MessageKind.AGENT for message in said),
    )


@dataclass(frozen=True, kw_only=True)
class Top:
    """The sentence that answers "what now?", a line under it, and which parts are shown."""

    sentence: str
    thanks: str = ""
    lead: str = ""
    shows_due: bool = False
    offers_payment: bool = False
    confirming: bool = False
    asks_whether_solved: bool = False
    may_cancel: bool = False
    final: bool = False


def top_of(case: Case, zone: str, came_from: str | None) -> Top:
    """What the top of the page says. `came_from`: "payment" for somebody who just came back from paying."""
    ticket, agent = case.ticket, case.agent
    match ticket.state:
        case State.CANCELED:
            lead = _("Nobody is working on it, and nothing was used up. You can ask again at any time.")
            return Top(sentence=_("You canceled this ticket."), lead=lead, final=True)
        case State.CLOSED:
            lead = _("Is the problem back? Write below, and we carry on at no charge.")
            return Top(sentence=_("Solved. Thank you for telling us."), lead=lead, final=True)
        case State.RESOLVED:
            lead = _("If it is not, we carry on at no charge.")
            return Top(sentence=_asked_whether_solved(agent), lead=lead, asks_whether_solved=True)
        case State.WAITING_CUSTOMER:
            return Top(sentence=_answered(agent), lead=_("The answer is below. You can write back under it."))
        case State.OPEN if case.answered:
            return Top(sentence=_goes_on(agent), lead=_("You will get the answer by mail, and it appears here."))
        case State.OPEN:
            return _waiting(ticket, agent, zone, came_from)


def _asked_whether_solved(agent: Agent | None) -> str:
    if agent is None:
        return _("We think your problem is solved. Is it?")
    return _("%(agent)s thinks your problem is solved. Is it?", agent=agent.name)


def _answered(agent: Agent | None) -> str:
    if agent is None:
        return _("We have answered. It is your turn.")
    return _("%(agent)s has answered. It is your turn.", agent=agent.name)


def _goes_on(agent: Agent | None) -> str:
    if agent is None:
        return _("A person has your message and is working on it.")
    return _("%(agent)s has your message and is working on it.", agent=agent.name)


def _waiting(ticket: Ticket, agent: Agent | None, zone: str, came_from: str | None) -> Top:
    promise, now = ticket.promise, clock.now()
    if ticket.payment is Payment.PENDING:
        return _paying(ticket, came_from)
    if promise is None:
        lead = _("We have your message. The time appears here in a moment, and you will get it by mail.")
        return Top(sentence=_("We are working out by when a person answers."), lead=lead, may_cancel=True)
    due, late = when(promise.respond_by, zone, now), promise.respond_by < now
    agent = agent if ticket.leased(now) else None
    return Top(
        thanks=_("Thank you, your payment has arrived.") if paid_just_now(ticket, came_from) else "",
        sentence=_answers(agent, due, late=late),
        lead=_lead(agent, late=late),
        shows_due=True,
        offers_payment=ticket.payment is Payment.NOT_COMPLETED and may_be_paid(ticket),
        may_cancel=True,
    )


def paid_just_now(ticket: Ticket, came_from: str | None) -> bool:
    """Whether whoever reads has come from a payment that has arrived: they are thanked."""
    return came_from == "payment" and ticket.payment is Payment.PAID


def _lead(agent: Agent | None, *, late: bool) -> str:
    if not late:
        return _("You will get the answer by mail, and it appears here.")
    if agent is None:
        return _("We are late, and we are sorry. Your ticket is among the next that a person takes.")
    return _("We are late, and we are sorry.")


def _answers(agent: Agent | None, due: str, *, late: bool) -> str:
    """Who answers, by when. `agent`: who has the ticket now, if anybody."""
    if agent is None:
        if late:
            return _("A person should have answered by %(due)s.", due=due)
        return _("A person answers by %(due)s.", due=due)
    if agent.tier is Tier.SENIOR:
        if late:
            return _("%(agent)s, senior agent, has it and answers as soon as possible.", agent=agent.name)
        return _("%(agent)s, senior agent, has it and answers by %(due)s.", agent=agent.name, due=due)
    if late:
        return _("%(agent)s has it and answers as soon as possible.", agent=agent.name)
    return _("%(agent)s has it and answers by %(due)s.", agent=agent.name, due=due)


def _paying(ticket: Ticket, came_from: str | None) -> Top:
    if came_from == "payment":
        lead = _("This takes a few seconds. Then you see here by when a person answers.")
        return Top(sentence=_("Thank you. We are confirming your payment."), lead=lead, confirming=True)
    if ticket.order_id is None:
        sentence = _("We have your message, but the payment page does not answer just now.")
        lead = _("Try again in a moment, or take the standard answer, which is free.")
    else:
        sentence = _("We have your message. Your payment has not arrived yet.")
        lead = (
            _("Nothing was charged. Pay now for the faster answer, or take the standard answer, which is free.")
            if came_from == "checkout"
            else _("Pay now for the faster answer, or take the standard answer, which is free. Just paid? One moment.")
        )
    return Top(sentence=sentence, lead=lead, offers_payment=True, may_cancel=True)


def price_of(context: Context, product: str | None, currency: str | None) -> str | None:
    """What the product costs now, as the reader writes it; None when billing does not say."""
    try:
        offers = context.billing.offers()
    except PeerUnavailable:
        return None
    prices = next((offer.prices for offer in offers if offer.product == product), {})
    return money(prices[currency][0], currency) if currency is not None and currency in prices else None

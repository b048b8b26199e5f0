"""Follow a charge to the ticket that it paid for and to the minute in which it was answered."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from sqlalchemy.orm import Session

from services.billing.accounts import store as accounts
from services.billing.accounts.account import Payer
from services.billing.context import Context
from services.billing.gateways.entitlements import Grant
from services.billing.gateways.queue import Ticket
from services.billing.gateways.stripe.charges import Charge
from services.billing.ledger import store as ledger
from services.billing.ledger.entries import LedgerAccount, SourceKind
from services.billing.ledger.store import PostedTransaction
from services.billing.orders import store as orders
from services.billing.orders.order import Order
from services.billing.payments import store as charges
from services.billing.revenue import store as consumptions
from services.billing.revenue.store import Consumption
from services.billing.trace.errors import ChargeNotFound
from shared.http import PeerRefused, PeerUnavailable
from shared.money import Money

Answer = TypeVar("Answer")

ASK_WITHIN_S = 1.5
MOST_TICKETS = 10


@dataclass(frozen=True, kw_only=True, slots=True)
class TicketTrace:
    """A ticket of the chain; `facts` is what queue says (None: no answer, or unknown there)."""

    ticket_id: str
    consumed: Consumption | None
    facts: Ticket | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Trace:
    """The chain from a charge to revenue. `silent` names the services that did not answer."""

    charge: Charge
    order: Order | None
    grants: tuple[Grant, ...]
    tickets: tuple[TicketTrace, ...]
    postings: tuple[PostedTransaction, ...]
    payer: Payer | None
    silent: frozenset[str]

    @property
    def released(self) -> Money | None:
        """How much of the charge is earned; None while nothing is."""
        earned = [
            -entry.amount.amount_minor
            for posting in self.postings
            if posting.transaction.source_kind is SourceKind.CONSUMPTION
            for entry in posting.transaction.entries
            if entry.account is LedgerAccount.REVENUE
        ]
        return Money(sum(earned), self.charge.amount.currency) if earned else None

    @property
    def last_released_at(self) -> datetime | None:
        """When revenue was last earned by it."""
        return max(
            (p.transaction.occurred_at for p in self.postings if p.transaction.source_kind is SourceKind.CONSUMPTION),
            default=None,
        )


def trace_charge(context: Context, charge_id: str) -> Trace:
    """All that is known of a charge, here and in the other services. A service that is away leaves its part empty.

    Raises ChargeNotFound.
    """
    with context.db.transaction() as session:
        charge = charges.find(session, charge_id)
        if charge is None:
            raise ChargeNotFound(charge_id)
        order = orders.find_by_charge(session, charge_id)
        postings = tuple(_postings(session, charge, order))
        used = consumptions.of_order(session, order.order_id) if order else ()
        payer = accounts.payers(session, [order.account_id]).get(order.account_id) if order else None
    silent: set[str] = set()
    grants = _grants(context, order, silent)
    tickets = tuple(
        TicketTrace(ticket_id=ticket_id, consumed=consumed, facts=_facts(context, ticket_id, silent))
        for ticket_id, consumed in _tickets(order, used, grants).items()
    )
    return Trace(
        charge=charge,
        order=order,
        grants=grants,
        tickets=tickets,
        postings=postings,
        payer=payer,
        silent=frozenset(silent),
    )


def _postings(session: Session, charge: Charge, order: Order | None) -> Sequence[PostedTransaction]:
    """All of the order; of a charge that no order has, what is known by itself: its fee."""
    if order is not None:
        return ledger.of_order(session, order.order_id)
    balance = charge.balance_transaction
    if balance is None:
        return ()
    return ledger.of_source(session, SourceKind.BALANCE_TRANSACTION, balance.balance_transaction_id)


def _grants(context: Context, order: Order | None, silent: set[str]) -> tuple[Grant, ...]:
    if order is None:
        return ()
    ask = context.entitlements.grants_of_order
    return _answer("entitlements", lambda: ask(order.order_id, deadline_s=ASK_WITHIN_S), silent) or ()


def _facts(context: Context, ticket_id: str, silent: set[str]) -> Ticket | None:
    return _answer("queue", lambda: context.queue.ticket(ticket_id, deadline_s=ASK_WITHIN_S), silent)


def _answer(peer: str, ask: Callable[[], Answer], silent: set[str]) -> Answer | None:
    if peer in silent:
        return None  # one pause is enough: the page is not made to wait for each ticket
    try:
        return ask()
    except PeerUnavailable:
        silent.add(peer)
    except PeerRefused:
        pass
    return None


def _tickets(
    order: Order | None, used: Sequence[Consumption], grants: Sequence[Grant]
) -> dict[str, Consumption | None]:
    """The tickets of an order, first the one it was bought for, each with the credit that it used."""
    found: dict[str, Consumption | None] = {}
    if order is not None and order.ticket_id is not None:
        found[order.ticket_id] = None
    for grant in grants:
        for ticket_id in grant.ticket_ids:
            found.setdefault(ticket_id, None)
    for consumption in used:
        found[consumption.ticket_id] = consumption
    return dict(list(found.items())[:MOST_TICKETS])

"""Follow a charge to the ticket that it paid for and to the minute in which it was answered."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote

from services.billing.gateways.stripe.charges import Charge
from services.billing.ledger import store as ledger
from services.billing.ledger.entries import LedgerAccount, Movement
from services.billing.ledger.store import PostedTransaction
from services.billing.orders import store as orders
from services.billing.orders.order import Order
from services.billing.payments import store as charges
from services.billing.revenue import store as consumptions
from services.billing.revenue.store import Consumption
from services.billing.trace.errors import ChargeNotFound
from shared.db import Database
from shared.http import PeerRefused, PeerUnavailable, ServiceClient
from shared.money import Money

ASK_WITHIN_S = 1.5
MOST_TICKETS = 10


@dataclass(frozen=True, kw_only=True, slots=True)
class TicketTrace:
    """A ticket of the chain; `facts` is what queue says (None while it does not answer or does not know it)."""

    ticket_id: str
    consumed: Consumption | None
    facts: dict[str, Any] | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Trace:
    """The chain from a charge to revenue. `silent` names the services that did not answer."""

    charge: Charge
    order: Order | None
    grants: list[dict[str, Any]]
    tickets: list[TicketTrace]
    postings: list[PostedTransaction]
    silent: frozenset[str]

    @property
    def released(self) -> Money | None:
        """How much of the charge is earned; None while nothing is."""
        earned = [
            -entry.amount.amount_minor
            for posting in self.postings
            if posting.transaction.movement is Movement.RELEASE
            for entry in posting.transaction.entries
            if entry.account is LedgerAccount.REVENUE
        ]
        return Money(sum(earned), self.charge.amount.currency) if earned else None

    @property
    def last_released_at(self) -> datetime | None:
        """When revenue was last earned by it."""
        return max(
            (p.transaction.occurred_at for p in self.postings if p.transaction.movement is Movement.RELEASE),
            default=None,
        )


def trace_charge(db: Database, peers: dict[str, ServiceClient], charge_id: str) -> Trace:
    """All that is known of a charge, here and in the other services. A service that is away leaves its part empty."""
    with db.transaction() as session:
        charge = charges.find(session, charge_id)
        if charge is None:
            raise ChargeNotFound(charge_id)
        order = orders.find_by_charge(session, charge_id)
        postings = list(ledger.of_order(session, order.order_id)) if order else []
        used = list(consumptions.of_order(session, order.order_id)) if order else []
    silent: set[str] = set()
    grants: list[dict[str, Any]] = []
    if order is not None:
        answer = _ask(peers, "entitlements", f"/v1/traces/{order.order_id}", silent)
        grants = list((answer or {}).get("grants", []))
    tickets = [
        TicketTrace(
            ticket_id=ticket_id,
            consumed=consumed,
            # An integrator names tickets as it likes: what it wrote stays one step of the path.
            facts=_ask(peers, "queue", f"/v1/tickets/{quote(ticket_id, safe='')}", silent),
        )
        for ticket_id, consumed in _tickets(order, used, grants).items()
    ]
    return Trace(
        charge=charge, order=order, grants=grants, tickets=tickets, postings=postings, silent=frozenset(silent)
    )


def _tickets(
    order: Order | None, used: list[Consumption], grants: list[dict[str, Any]]
) -> dict[str, Consumption | None]:
    """The tickets of an order, first the one it was bought for, each with the credit that it used."""
    found: dict[str, Consumption | None] = {}
    if order is not None and order.ticket_id is not None:
        found[order.ticket_id] = None
    for grant in grants:
        for entry in grant.get("entries", []):
            if entry.get("ticket_id"):
                found.setdefault(entry["ticket_id"], None)
    for consumption in used:
        found[consumption.ticket_id] = consumption
    return dict(list(found.items())[:MOST_TICKETS])


def _ask(peers: dict[str, ServiceClient], peer: str, path: str, silent: set[str]) -> dict[str, Any] | None:
    if peer in silent:
        return None  # one pause is enough: the page is not made to wait for each ticket
    try:
        return peers[peer].get(path, deadline_s=ASK_WITHIN_S)
    except PeerUnavailable:
        silent.add(peer)
    except PeerRefused:
        pass
    return None

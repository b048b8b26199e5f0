"""The HTTP API of billing: offers, orders, reconciliations."""

from typing import Any

from apiflask import APIBlueprint

from services.billing.domain.catalog import Product
from services.billing.domain.orders import Order
from services.billing.domain.reconciliation import Mismatch, Reconciliation, next_step, sentence
from services.billing.errors import OrderNotFound, ReconciliationNotFound
from services.billing.store import orders, reconciliations
from services.billing.use_cases.place_order import OrderWish, place_order
from services.billing.use_cases.reconcile_day import reconcile_day
from services.billing.web import context, schemas
from shared.money import Money, format_money
from shared.web.access import allow, current_caller, public
from shared.web.idempotency import idempotent
from shared.web.pagination import PageQuery, decode_cursor, encode_cursor

api = APIBlueprint("api", __name__, tag="Billing")
Body = dict[str, Any]


def _page(rows: list[Any], limit: int, last_id: Any, as_body: Any) -> Body:
    """A page out of one row more than was asked for; the cursor stands only where more follows."""
    shown = rows[:limit]
    more = len(rows) > limit
    return {
        "items": [as_body(row) for row in shown],
        "next_cursor": encode_cursor(last_id(shown[-1])) if more else None,
    }


def _position(cursor: str | None) -> str | None:
    place = decode_cursor(cursor, 1)
    return None if place is None else str(place[0])


def _offer(product: Product) -> Body:
    return {
        "product": product.id,
        "name": product.name,
        "kind": product.kind.value,
        "credits": product.credits,
        "expires_after_days": product.expires_after_days,
        "prices": {
            currency: {"amount_minor": amount, "formatted": format_money(Money(amount, currency))}
            for currency, amount in product.prices.items()
        },
    }


@api.get("/v1/offers")
@public
@api.output(schemas.Offers)
def list_offers() -> Body:
    """What can be bought today, with its price in each currency."""
    catalog = context().catalog
    return {
        "items": [_offer(product) for product in catalog.on_offer()],
        "answer_within_minutes": catalog.answer_within_minutes,
    }


def _order(order: Order) -> Body:
    return {
        "order_id": order.order_id,
        "state": order.state.value,
        "checkout_url": order.checkout_url,
        "account_id": order.account_id,
        "contact_email": order.contact_email,
        "ticket_id": order.ticket_id,
        "product": order.product,
        "credits": order.credits,
        "amount_minor": order.price.amount_minor,
        "currency": order.price.currency,
        "charge_id": order.charge_id,
        "created_at": order.created_at,
        "checkout_expires_at": order.checkout_expires_at,
        "paid_at": order.paid_at,
        "settled_at": order.settled_at,
        "abandoned_at": order.abandoned_at,
        "parked_reason": order.parked_reason,
    }


@api.post("/v1/orders")
@allow(services=("queue",), api_keys=True)
@idempotent
@api.input(schemas.OrderRequest)
@api.output(schemas.PlacedOrder)
def create_order(json_data: Body) -> Body:
    """Order a product for a ticket and open its checkout. The same ticket gets the same order while it can be paid."""
    settings = context().settings
    order = place_order(
        context().db,
        context().stripe,
        context().catalog,
        OrderWish(**json_data),
        public_url=settings.common.public_url,
        checkout_minutes=settings.checkout_minutes,
    )
    return _order(order)


@api.get("/v1/orders/<order_id>")
@allow(services=("queue",), staff=("finance",), api_keys=True)
@api.output(schemas.Order)
def show_order(order_id: str) -> Body:
    """One order as it stands."""
    with context().db.transaction() as session:
        order = orders.find(session, order_id)
    if order is None:
        raise OrderNotFound(order_id)
    return _order(order)


@api.get("/v1/orders")
@allow(services=("queue",), staff=("finance",), api_keys=True)
@api.input(schemas.OrdersQuery, location="query")
@api.output(schemas.Orders)
def list_orders(query_data: Body) -> Body:
    """Orders, newest first."""
    limit = query_data["limit"]
    with context().db.transaction() as session:
        found = orders.list_page(
            session,
            limit=limit + 1,
            before=_position(query_data["cursor"]),
            ticket_id=query_data["ticket_id"],
            state=query_data["state"],
        )
    return _page(list(found), limit, lambda order: order.order_id, _order)


def _reconciliation(run: Reconciliation) -> Body:
    return {
        "reconciliation_id": run.reconciliation_id,
        "date": run.day,
        "zone": run.zone,
        "run_at": run.run_at,
        "run_by": run.run_by,
        "clean": run.clean,
        "matched": run.matched,
        "open": run.open,
        "totals": run.totals,
    }


@api.post("/v1/reconciliations")
@allow(staff=("finance",), api_keys=True)
@idempotent
@api.input(schemas.ReconciliationRequest)
@api.output(schemas.Reconciliation, status_code=201)
def create_reconciliation(json_data: Body) -> Body:
    """Reconcile a day: orders, charges and balance transactions, to the cent. A day can be run again."""
    caller = current_caller()
    run = reconcile_day(
        context().db,
        context().stripe,
        json_data["date"],
        zone=context().settings.books_zone,
        run_by=caller.name if caller else "",
    )
    return _reconciliation(run)


@api.get("/v1/reconciliations")
@allow(staff=("finance",), api_keys=True)
@api.input(PageQuery, location="query")
@api.output(schemas.Reconciliations)
def list_reconciliations(query_data: Body) -> Body:
    """Runs, newest first."""
    limit = query_data["limit"]
    with context().db.transaction() as session:
        runs = reconciliations.list_page(session, limit=limit + 1, before=_position(query_data["cursor"]))
    return _page(list(runs), limit, lambda run: run.reconciliation_id, _reconciliation)


def _mismatch(mismatch: Mismatch) -> Body:
    return {
        "exception_id": mismatch.exception_id,
        "type": mismatch.type.value,
        "charge_id": mismatch.charge_id,
        "order_id": mismatch.order_id,
        "balance_transaction_id": mismatch.balance_transaction_id,
        "ours": mismatch.ours,
        "stripe": mismatch.stripe,
        "sentence": sentence(mismatch.type, ours=mismatch.ours, stripe=mismatch.stripe),
        "next_step": next_step(mismatch.type),
        "occurred_at": mismatch.occurred_at,
        "first_seen_at": mismatch.first_seen_at,
        "resolved_at": mismatch.resolved_at,
    }


@api.get("/v1/reconciliations/<reconciliation_id>/exceptions")
@allow(staff=("finance",), api_keys=True)
@api.input(PageQuery, location="query")
@api.output(schemas.Mismatches)
def list_exceptions(reconciliation_id: str, query_data: Body) -> Body:
    """What a run found that does not match; `resolved_at` says what was mended since."""
    limit = query_data["limit"]
    with context().db.transaction() as session:
        run = reconciliations.find(session, reconciliation_id)
        if run is None:
            raise ReconciliationNotFound(reconciliation_id)
        after = _position(query_data["cursor"])
        found = reconciliations.exceptions_of(session, run, limit=limit + 1, after=after)
    return _page(list(found), limit, lambda mismatch: mismatch.exception_id, _mismatch)

"""Place an order for a ticket and open its checkout; asked again, the same order answers."""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy.orm import Session

from services.billing.accounts.open import account_of
from services.billing.catalog.catalog import Catalog, Product, ProductKind
from services.billing.checkout.confirm import confirm_payment
from services.billing.checkout.errors import OrderAlreadyOpen, UnknownCurrency, UnknownProduct
from services.billing.checkout.open_checkout import FIRST_ASK, open_checkout
from services.billing.context import Context
from services.billing.orders import store as orders
from services.billing.orders.order import Order, OrderState
from shared import clock
from shared.email_address import contact_key, normal_address
from shared.ids import new_id

ABOUT_TO_EXPIRE = timedelta(minutes=2)
"""A customer who is sent to a checkout needs this long to use it; below, Stripe is asked whether it is over."""


@dataclass(frozen=True, kw_only=True, slots=True)
class OrderRequest:
    """What somebody wants to buy. The amount is never theirs to say: it comes from the catalog."""

    ticket_id: str | None
    contact_email: str
    product: str
    currency: str


def place_order(context: Context, request: OrderRequest) -> Order:
    """The order of this ticket with a checkout that can be paid, or settled already; one open order for each ticket.

    An order whose checkout is over gives way to a new one. Raises UnknownProduct, UnknownCurrency, OrderAlreadyOpen,
    and what Stripe's silence or refusal means (StripeGateway); the draft is kept, so that asking again is safe.
    """
    product = _for_sale(context.catalog, request)
    if request.ticket_id is not None:
        _close_what_is_over(context, request.ticket_id)
    with context.db.transaction() as session:
        order = _find_or_draft(session, product, request, timedelta(minutes=context.settings.checkout_minutes))
    if order.state is OrderState.DRAFT:
        order = open_checkout(context, order.order_id)
    return order


def _for_sale(catalog: Catalog, request: OrderRequest) -> Product:
    offered = {product.id: product for product in catalog.on_offer() if product.kind is ProductKind.INCIDENTS}
    if request.product not in offered:
        raise UnknownProduct(request.product, offered)
    if request.currency not in catalog.currencies:
        raise UnknownCurrency(request.currency, catalog.currencies)
    return offered[request.product]


def _close_what_is_over(context: Context, ticket_id: str) -> None:
    """Ask Stripe about a checkout whose time is up: it was paid, or makes room for a new order."""
    with context.db.transaction() as session:
        order = orders.lock_live_of_ticket(session, ticket_id)
    # Committed, and with it the lock given back: Stripe is asked while nothing is held.
    over = clock.now() + ABOUT_TO_EXPIRE
    if order is not None and order.state is OrderState.OPEN and order.checkout_expires_at <= over:
        confirm_payment(context, order.order_id)


def _find_or_draft(session: Session, product: Product, request: OrderRequest, lives: timedelta) -> Order:
    now = clock.now()
    email = contact_key(normal_address(request.contact_email))
    account_id = account_of(session, email, now=now)
    if request.ticket_id is not None and (live := orders.lock_live_of_ticket(session, request.ticket_id)) is not None:
        return _same_order(live, product, request)
    draft = Order(
        order_id=new_id("ord"),
        account_id=account_id,
        contact_email=email,
        ticket_id=request.ticket_id,
        product=product.id,
        credits=product.credits or 0,
        response_class=product.response_class,
        price=product.price(request.currency),
        lookup_key=product.lookup_key(request.currency),
        state=OrderState.DRAFT,
        expires_after_days=product.expires_after_days or 0,
        created_at=now,
        checkout_expires_at=now + lives,
    )
    if orders.insert_draft(session, draft, ask_after=FIRST_ASK):
        return draft
    # Somebody else, under another address, was quicker with the same ticket.
    live = orders.lock_live_of_ticket(session, request.ticket_id or "")
    if live is None:
        raise RuntimeError(f"No order of ticket {request.ticket_id} stands, and none could be written")
    return _same_order(live, product, request)


def _same_order(order: Order, product: Product, request: OrderRequest) -> Order:
    """The ticket's order, when it is what is asked for or has been paid: a ticket is never charged twice."""
    if order.state is OrderState.SETTLED or (order.product, order.price.currency) == (product.id, request.currency):
        return order
    raise OrderAlreadyOpen(
        order_id=order.order_id,
        product=order.product,
        currency=order.price.currency,
        checkout_url=order.checkout_url,
    )

"""Open the checkout of a drafted order: committed first, then Stripe is asked, then the outcome is recorded."""

from datetime import timedelta

from services.billing.checkout.errors import CatalogOutOfStep
from services.billing.context import Context
from services.billing.gateways.stripe.checkouts import CheckoutRequest, CheckoutSession
from services.billing.gateways.stripe.errors import StripeOutcomeUnknown, StripeRefused
from services.billing.installation import store as installation
from services.billing.orders import store as orders
from services.billing.orders.abandon import abandon
from services.billing.orders.errors import OrderNotFound
from services.billing.orders.look_up import look_up
from services.billing.orders.order import Order, OrderState

FIRST_ASK = timedelta(seconds=30)
"""How long the request that wrote a draft has for Stripe's reply before a sweep asks in its place."""
FIRST_LOOK = timedelta(seconds=60)
"""How long after it was opened Stripe is asked what became of a checkout."""


def open_checkout(context: Context, order_id: str) -> Order:
    """The order with its checkout. Safe to repeat: the same draft sends the same request under the same key.

    A refusal abandons the order (there is no session). Without a reply it stays a draft: unknown until asked again.
    Where Stripe has saved a failure under the key, the next key is tried, once here and then whenever it is asked
    again. A checkout that was made all the same is one that nobody was shown; it expires.
    """
    try:
        return _ask(context, order_id)
    except StripeOutcomeUnknown as unknown:
        if not unknown.saved:
            raise
        return _ask(context, order_id)


def _ask(context: Context, order_id: str) -> Order:
    order = _with_price(context, order_id)
    if order.state is not OrderState.DRAFT or order.price_id is None:
        return order
    public_url = context.settings.common.public_url
    with context.db.transaction() as session:
        mark = installation.ours(session)
    request = CheckoutRequest(
        order_id=order.order_id,
        installation=mark,
        price_id=order.price_id,
        contact_email=order.contact_email,
        expires_at=order.checkout_expires_at,
        # Stripe fills the braces in.
        success_url=f"{public_url}/checkout/return?order={order.order_id}&session_id={{CHECKOUT_SESSION_ID}}",
        cancel_url=f"{public_url}/checkout/canceled?order={order.order_id}",
        tries=order.checkout_tries,
    )
    try:
        checkout = context.stripe.checkouts.create(request)
    except StripeOutcomeUnknown as unknown:
        if unknown.saved:
            with context.db.transaction() as session:
                orders.use_up_key(session, order)
        raise
    except StripeRefused as refusal:
        with context.db.transaction() as session:
            if (locked := orders.lock(session, order_id)) is not None:
                abandon(session, locked, why=refusal.message)
        raise
    return _record(context, order_id, checkout)


def _with_price(context: Context, order_id: str) -> Order:
    """The order with its price's id, which is looked up once and then kept: a retry must name the same price."""
    order = look_up(context, order_id)
    if order.state is not OrderState.DRAFT or order.price_id is not None:
        return order
    price = context.stripe.prices.find(order.lookup_key)
    if price is None or price.amount != order.price:
        raise CatalogOutOfStep(order.lookup_key, found=price.amount if price else None)
    with context.db.transaction() as session:
        order = orders.lock(session, order_id) or order
        if order.state is OrderState.DRAFT and order.price_id is None:
            orders.keep_price(session, order_id, price.price_id)
        return orders.find(session, order_id) or order


def _record(context: Context, order_id: str, checkout: CheckoutSession) -> Order:
    with context.db.transaction() as session:
        order = orders.lock(session, order_id)
        if order is None:
            raise OrderNotFound(order_id)
        if order.state is OrderState.DRAFT:
            # The webhook may have been quicker than this reply: then the order is settled and stays so.
            orders.mark_open(session, order_id, session_id=checkout.session_id, url=checkout.url, ask_after=FIRST_LOOK)
        return orders.find(session, order_id) or order

"""Count what waits to converge, so that it can be seen from outside."""

from sqlalchemy.orm import Session

from services.billing.orders import listing as orders
from services.billing.orders.store import WORK as ORDER_OUTCOMES
from services.billing.payments.store import WORK as BALANCES
from services.billing.reconciliation.store import WORK as RECONCILIATIONS
from services.billing.revenue import store as consumptions
from services.billing.stripe_inbox.store import WORK as WEBHOOK_EVENTS
from shared import outbox
from shared.work.kind import count_work

KINDS = (outbox.WORK, WEBHOOK_EVENTS, ORDER_OUTCOMES, BALANCES, RECONCILIATIONS)


def count_pending(session: Session) -> dict[str, int]:
    """How much waits, by kind; what is parked, and an order paid with a wrong amount, waits for a person."""
    return {
        **count_work(session, KINDS),
        "orders_to_decide": orders.count_to_decide(session),
        "consumptions_unreleased": consumptions.count_unreleased(session),
    }

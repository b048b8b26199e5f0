"""What billing forgets, and when. Not here: books, audit trail, orders, payments and Stripe's mirror, which stay."""

from services.billing.base_tables import idempotency_keys, inbox, outbox
from services.billing.config import Settings
from services.billing.payments.tables import foreign_charges
from services.billing.stripe_inbox.tables import webhook_events
from shared.idempotency import keys_kept
from shared.inbox import events_remembered
from shared.outbox import events_kept
from shared.retention import Retention


def retention(settings: Settings) -> tuple[Retention, ...]:
    """Events that are done, answers that nobody repeats any more, webhooks that were handled."""
    days = settings.common.keep_events_days
    return (
        events_remembered(inbox, days),
        events_kept(outbox, days),
        keys_kept(idempotency_keys, settings.keep_keys_days),
        Retention(
            table=webhook_events,
            since="received_at",
            days=settings.keep_webhooks_days,
            only=webhook_events.c.handled_at.is_not(None) & webhook_events.c.due_at.is_(None),
        ),
        Retention(table=foreign_charges, since="seen_at", days=settings.keep_webhooks_days),
    )

"""What the queue forgets, and when. Not here: tickets, messages and the audit trail, which stay."""

from services.queue.base_tables import idempotency_keys, inbox, outbox
from services.queue.config import Settings
from services.queue.mail_out.tables import outbound_mails
from shared.idempotency import keys_kept
from shared.inbox import events_remembered
from shared.outbox import events_kept
from shared.retention import Retention


def retention(settings: Settings) -> tuple[Retention, ...]:
    """Events that are done, answers that nobody repeats any more, and what mails told.

    The mail's row stays: it says that a thing was told, and its Message-ID holds the thread together.
    """
    days = settings.common.keep_events_days
    return (
        events_remembered(inbox, days),
        events_kept(outbox, days),
        keys_kept(idempotency_keys, settings.keep_keys_days),
        Retention(
            table=outbound_mails,
            since="sent_at",
            days=settings.keep_mails_days,
            only=outbound_mails.c.due_at.is_(None) & (outbound_mails.c.parameters != {}),
            emptied={"parameters": {}},
        ),
    )

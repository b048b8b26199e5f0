"""What entitlements forgets, and when. Not here: the credit ledger, decisions and the audit trail, which stay."""

from services.entitlements.base_tables import inbox, outbox
from services.entitlements.config import Settings
from shared.inbox import events_remembered
from shared.outbox import events_kept
from shared.retention import Retention


def retention(settings: Settings) -> tuple[Retention, ...]:
    """Events that are done."""
    days = settings.common.keep_events_days
    return events_remembered(inbox, days), events_kept(outbox, days)

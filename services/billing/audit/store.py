"""The audit trail: one entry for each change of an aggregate, numbered without gaps, never changed."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from services.billing.audit.tables import audit_entries
from shared.telemetry import request_id


def record(
    session: Session,
    aggregate_id: str,
    action: str,
    *,
    who: str,
    why: str,
    before: dict[str, Any] | None,
    after: dict[str, Any] | None,
    now: datetime,
) -> None:
    """Write down who changed what, and why. The caller holds the aggregate's row lock, so numbers have no gaps."""
    last = sa.select(sa.func.coalesce(sa.func.max(audit_entries.c.number), 0)).where(
        audit_entries.c.aggregate_id == aggregate_id
    )
    session.execute(
        audit_entries.insert().values(
            aggregate_id=aggregate_id,
            number=last.scalar_subquery() + 1,
            action=action,
            who=who,
            why=why,
            before=before,
            after=after,
            request_id=request_id(),
            occurred_at=now,
        )
    )

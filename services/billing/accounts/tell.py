"""Tell of a change of an account: on the audit trail, and to entitlements, in the transaction of the change."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from services.billing.accounts.account import Account
from shared import audit, outbox
from shared.audit import Change

CHANGED = "billing.account.changed.v1"


def tell(
    session: Session, change: Change, account: Account, *, number: int, before: Mapping[str, Any] | None = None
) -> None:
    """Write down what was done and publish the account whole, as it stands with this change and its new version."""
    audit.append(
        session,
        change,
        aggregate="account",
        aggregate_id=account.account_id,
        number=number,
        owner_key=account.account_id,
        before=before or {},
        after={
            "name": account.name,
            "contact_emails": list(account.contact_emails),
            "absorbed": list(account.absorbed),
        },
    )
    outbox.publish(
        session,
        CHANGED,
        {
            "account_id": account.account_id,
            "version": account.version,
            "name": account.name,
            "contact_emails": list(account.contact_emails),
            "absorbed": list(account.absorbed),
        },
        to="entitlements",
    )

"""Addresses and their account."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from services.entitlements.accounts.tables import contacts


def claim_contact(session: Session, email: str, account_id: str, now: datetime) -> None:
    """Remember that this address belongs to the account; the first account that paid for it stays."""
    session.execute(
        insert(contacts).values(email=email, account_id=account_id, created_at=now).on_conflict_do_nothing()
    )


def account_of(session: Session, email: str) -> str | None:
    """The account of an address, if anything was ever bought for it."""
    return session.execute(sa.select(contacts.c.account_id).where(contacts.c.email == email)).scalar()

"""Accounts: the paying customers, one for each contact address."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from services.billing.accounts.tables import accounts
from shared.ids import new_id


def lock_account(session: Session, contact_email: str, *, now: datetime) -> str:
    """The id of the account of this normalized address, made where there is none, locked until the transaction ends."""
    made = insert(accounts).values(account_id=new_id("acc"), contact_email=contact_email, created_at=now)
    session.execute(made.on_conflict_do_nothing(index_elements=["contact_email"]))
    # FOR NO KEY UPDATE: whoever writes an order twice in one transaction makes Postgres check its account again
    # (FOR KEY SHARE), under the order's lock. A full lock here, taken before the order's, would close a circle.
    query = sa.select(accounts.c.account_id).where(accounts.c.contact_email == contact_email)
    return str(session.execute(query.with_for_update(key_share=True)).scalar_one())

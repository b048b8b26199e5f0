"""What each table of billing builds on: the metadata, kinds of columns and rules, and the channels' tables."""

import sqlalchemy as sa

from shared.idempotency import idempotency_table
from shared.inbox import inbox_table
from shared.outbox import outbox_table

metadata = sa.MetaData()
Moment = sa.DateTime(timezone=True)

outbox = outbox_table(metadata)
inbox = inbox_table(metadata)
idempotency_keys = idempotency_table(metadata)


def one_of(column: str, values: list[str], name: str) -> sa.CheckConstraint:
    """A check that the column holds one of these values."""
    known = ", ".join(f"'{value}'" for value in values)
    return sa.CheckConstraint(f"{column} IN ({known})", name=name)


def index_where(name: str, *columns: str, where: str, unique: bool = False) -> sa.Index:
    """An index over those rows only for which `where` holds."""
    return sa.Index(name, *columns, unique=unique, postgresql_where=sa.text(where))

"""What a table carries whose rows stand for pending work."""

from typing import Any

import sqlalchemy as sa

WORK_COLUMNS = ("due_at", "waits_since", "attempts", "failures", "parked_at", "last_error")
"""The names of `work_columns()`, for who reads a row without them."""


def work_columns() -> tuple[sa.Column[Any], ...]:
    """What a row carries that stands for work. Done is a row that is neither due nor parked.

    `due_at`: when to try it next. `attempts`: how often it was claimed, which is the token of a claim. `failures`: the
    attempts that count, weighed.
    """
    moment = sa.DateTime(timezone=True)
    return (
        sa.Column("due_at", moment, server_default=sa.func.now()),
        sa.Column("waits_since", moment, nullable=False, server_default=sa.func.now()),
        sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
        sa.Column("failures", sa.Integer, nullable=False, server_default="0"),
        sa.Column("parked_at", moment),
        sa.Column("last_error", sa.Text),
    )


def work_indexes(table: str) -> tuple[sa.Index, ...]:
    """The two indexes by which the work of that table is found: what is due, and what is parked."""
    return (
        sa.Index(f"{table}_due", "due_at", postgresql_where=sa.text("due_at IS NOT NULL")),
        sa.Index(f"{table}_parked", "parked_at", postgresql_where=sa.text("parked_at IS NOT NULL")),
    )

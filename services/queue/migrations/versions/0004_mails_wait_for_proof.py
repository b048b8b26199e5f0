"""Mails to an address that nobody has proved are held back after a few: the mark, the proofs, the index to count by."""

import sqlalchemy as sa
from alembic import op

from shared.migrations import add_index, grant_app

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """The proofs, the mark of a held mail, and the index by which the mails to an address are counted."""
    op.create_table(
        "proven_addresses",
        sa.Column("contact_key", sa.Text, primary_key=True),
        sa.Column("proven_at", sa.DateTime(timezone=True), nullable=False),
    )
    grant_app(op, "proven_addresses")
    op.add_column("outbound_mails", sa.Column("held_at", sa.DateTime(timezone=True)))
    add_index(op, "outbound_mails_of_contact", "outbound_mails", "contact_key, created_at")

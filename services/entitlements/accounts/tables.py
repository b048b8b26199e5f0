"""Accounts, and which address belongs to which."""

import sqlalchemy as sa

from services.entitlements.base_tables import Moment, metadata

accounts = sa.Table(
    "accounts",
    metadata,
    sa.Column("account_id", sa.Text, primary_key=True),
    sa.Column("version", sa.Integer, nullable=False, server_default="0", comment="billing's count; 0: not told of yet"),
    sa.Column("name", sa.Text),
    sa.Column("merged_into", sa.Text, sa.ForeignKey("accounts.account_id"), index=True),
    sa.Column("audit_number", sa.Integer, nullable=False, server_default="0"),
    sa.Column("created_at", Moment, nullable=False),
    sa.CheckConstraint("version >= 0", name="accounts_version"),
    sa.CheckConstraint("merged_into <> account_id", name="accounts_merged_into_another"),
)

contacts = sa.Table(
    "contacts",
    metadata,
    # Billing has each address in one account only. Here it may stand in two while an event is on its way: the list of
    # each account is kept as its newest version has it, so that in the end all orders of arrival come to the same.
    sa.Column("email", sa.Text, primary_key=True),
    sa.Column("account_id", sa.Text, sa.ForeignKey("accounts.account_id"), primary_key=True, index=True),
    sa.Column("created_at", Moment, nullable=False),
)

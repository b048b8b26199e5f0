"""The paying customers, and the addresses by which their people are known."""

import sqlalchemy as sa

from services.billing.base_tables import Moment, index_where, metadata

accounts = sa.Table(
    "accounts",
    metadata,
    sa.Column("account_id", sa.Text, primary_key=True),
    sa.Column("name", sa.Text),  # the company's; NULL for a person
    sa.Column("version", sa.Integer, nullable=False, server_default="1"),  # counts what others are told of it
    sa.Column("merged_into", sa.Text, sa.ForeignKey("accounts.account_id")),  # the company it became a part of
    sa.Column("audit_number", sa.Integer, nullable=False, server_default="0"),
    sa.Column("created_at", Moment, nullable=False),
    sa.CheckConstraint("merged_into IS NULL OR name IS NULL", name="accounts_a_company_is_never_absorbed"),
    index_where("accounts_absorbed", "merged_into", where="merged_into IS NOT NULL"),
    sa.Index(
        "accounts_one_company_of_a_name",
        sa.text("lower(name)"),
        unique=True,
        postgresql_where=sa.text("name IS NOT NULL"),
    ),
)

contacts = sa.Table(
    "contacts",
    metadata,
    sa.Column("email", sa.Text, primary_key=True),
    sa.Column("account_id", sa.Text, sa.ForeignKey("accounts.account_id"), nullable=False),
    sa.Index("contacts_by_account", "account_id", "email"),
)

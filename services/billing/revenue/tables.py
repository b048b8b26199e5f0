"""Consumed credits, as entitlements told us."""

import sqlalchemy as sa

from services.billing.base_tables import Moment, index_where, metadata

consumptions = sa.Table(
    "consumptions",
    metadata,
    sa.Column("entry_id", sa.Text, primary_key=True),
    sa.Column("grant_id", sa.Text, nullable=False),
    sa.Column("order_id", sa.Text),
    sa.Column("account_id", sa.Text, nullable=False),
    sa.Column("ticket_id", sa.Text, nullable=False),
    sa.Column("consumed_at", Moment, nullable=False),
    sa.Column("received_at", Moment, nullable=False),
    sa.Column("released_at", Moment),
    sa.Column("number", sa.Integer),
    sa.UniqueConstraint("order_id", "number", name="consumptions_each_credit_once"),
    index_where("consumptions_unreleased", "order_id", where="released_at IS NULL AND order_id IS NOT NULL"),
)

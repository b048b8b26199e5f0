"""The orders."""

import sqlalchemy as sa

from services.billing.base_tables import Moment, index_where, metadata, one_of
from services.billing.orders.order import OrderState

orders = sa.Table(
    "orders",
    metadata,
    sa.Column("order_id", sa.Text, primary_key=True),
    sa.Column("account_id", sa.Text, sa.ForeignKey("accounts.account_id"), nullable=False),
    sa.Column("contact_email", sa.Text, nullable=False),
    sa.Column("ticket_id", sa.Text),
    sa.Column("product", sa.Text, nullable=False),
    sa.Column("credits", sa.Integer, nullable=False),
    sa.Column("expires_after_days", sa.Integer, nullable=False),
    sa.Column("amount_minor", sa.BigInteger, nullable=False),
    sa.Column("currency", sa.Text, nullable=False),
    sa.Column("lookup_key", sa.Text, nullable=False),
    sa.Column("price_id", sa.Text),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("checkout_session_id", sa.Text, unique=True),
    sa.Column("checkout_url", sa.Text),
    sa.Column("checkout_expires_at", Moment, nullable=False),
    sa.Column("charge_id", sa.Text, unique=True),
    sa.Column("paid_at", Moment),
    sa.Column("settled_at", Moment),
    sa.Column("abandoned_at", Moment),
    sa.Column("parked_reason", sa.Text),
    sa.Column("next_ask_at", Moment, nullable=False),
    sa.Column("created_at", Moment, nullable=False),
    sa.CheckConstraint("amount_minor > 0", name="orders_amount_above_zero"),
    sa.CheckConstraint("credits > 0", name="orders_credits_above_zero"),
    one_of("state", [state.value for state in OrderState], "orders_state_known"),
    sa.CheckConstraint(
        "state <> 'settled' OR (charge_id IS NOT NULL AND paid_at IS NOT NULL AND settled_at IS NOT NULL)",
        name="orders_settled_has_its_charge",
    ),
    index_where("orders_one_open_per_ticket", "ticket_id", unique=True, where="state IN ('draft', 'open')"),
    sa.Index("orders_by_ticket", "ticket_id"),
    sa.Index("orders_by_account", "account_id"),
    sa.Index("orders_by_paid_at", "paid_at"),
    index_where("orders_to_ask", "next_ask_at", where="state IN ('draft', 'open') AND parked_reason IS NULL"),
)

"""The orders, and the payments that came in for them."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from services.billing.base_tables import Moment, index_where, metadata
from shared.work.columns import work_columns, work_indexes

orders = sa.Table(
    "orders",
    metadata,
    sa.Column("order_id", sa.Text, primary_key=True),
    sa.Column("account_id", sa.Text, sa.ForeignKey("accounts.account_id"), nullable=False),
    sa.Column("contact_email", sa.Text, nullable=False),
    sa.Column("ticket_id", sa.Text),
    sa.Column("product", sa.Text, nullable=False),
    sa.Column("credits", sa.Integer, nullable=False),
    sa.Column("response_class", sa.Text, nullable=False),  # the class of the policy that a credit buys
    sa.Column("expires_after_days", sa.Integer, nullable=False),
    sa.Column("amount_minor", sa.BigInteger, nullable=False),
    sa.Column("currency", sa.Text, nullable=False),
    sa.Column("lookup_key", sa.Text, nullable=False),
    sa.Column("price_id", sa.Text),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("version", sa.Integer, nullable=False, server_default="1"),  # counts the changes of the row
    sa.Column("checkout_session_id", sa.Text, unique=True),
    sa.Column("checkout_url", sa.Text),
    sa.Column("checkout_expires_at", Moment, nullable=False),
    sa.Column(
        "checkout_tries", sa.Integer, nullable=False, server_default="0"
    ),  # keys that Stripe has answered with a 5xx
    sa.Column("parked_code", sa.Text),  # why a person must decide; NULL otherwise
    sa.Column("parked_parameters", JSONB),
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("paid_at", Moment),
    sa.Column("settled_at", Moment),
    sa.Column("abandoned_at", Moment),
    sa.Column("audit_number", sa.Integer, nullable=False, server_default="0"),
    # What became of its checkout must be found out: that is work, until it is settled or abandoned.
    *work_columns(),
    sa.CheckConstraint("amount_minor > 0", name="orders_amount_above_zero"),
    sa.CheckConstraint("credits > 0", name="orders_credits_above_zero"),
    sa.CheckConstraint(
        "state <> 'settled' OR (paid_at IS NOT NULL AND settled_at IS NOT NULL)", name="orders_settled_is_paid"
    ),
    sa.CheckConstraint(
        "(parked_code IS NULL) = (parked_parameters IS NULL)", name="orders_parked_with_code_and_parameters"
    ),
    index_where("orders_one_open_per_ticket", "ticket_id", unique=True, where="state IN ('draft', 'open')"),
    sa.Index("orders_by_ticket", "ticket_id"),
    sa.Index("orders_by_account", "account_id", "order_id"),
    index_where("orders_by_paid_at", "paid_at", where="paid_at IS NOT NULL"),
    index_where("orders_to_decide", "order_id", where="parked_code IS NOT NULL"),
    *work_indexes("orders"),
)

order_payments = sa.Table(
    "order_payments",
    metadata,
    sa.Column("charge_id", sa.Text, primary_key=True),
    sa.Column("order_id", sa.Text, sa.ForeignKey("orders.order_id"), nullable=False),
    sa.Column("account_id", sa.Text, sa.ForeignKey("accounts.account_id"), nullable=False),
    sa.Column("payment_intent_id", sa.Text),
    sa.Column("amount_minor", sa.BigInteger, nullable=False),
    sa.Column("currency", sa.Text, nullable=False),
    sa.Column("paid_at", Moment, nullable=False),
    sa.CheckConstraint("amount_minor > 0", name="order_payments_amount_above_zero"),
    sa.Index("order_payments_by_order", "order_id"),
    sa.Index("order_payments_by_account", "account_id"),
    sa.Index("order_payments_by_paid_at", "paid_at"),
)

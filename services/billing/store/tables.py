"""The tables of billing's database; migrations make them, a test holds both equal."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from services.billing.domain.ledger import LedgerAccount, Movement
from services.billing.domain.orders import OrderState
from services.billing.domain.reconciliation import ExceptionType
from shared.idempotency import idempotency_table
from shared.inbox import inbox_table
from shared.outbox import outbox_table

metadata = sa.MetaData()
Moment = sa.DateTime(timezone=True)

outbox = outbox_table(metadata)
inbox = inbox_table(metadata)
idempotency_keys = idempotency_table(metadata)


def _one_of(column: str, values: list[str], name: str) -> sa.CheckConstraint:
    known = ", ".join(f"'{value}'" for value in values)
    return sa.CheckConstraint(f"{column} IN ({known})", name=name)


def _index_where(name: str, *columns: str, where: str, unique: bool = False) -> sa.Index:
    return sa.Index(name, *columns, unique=unique, postgresql_where=sa.text(where))


accounts = sa.Table(
    "accounts",
    metadata,
    sa.Column("account_id", sa.Text, primary_key=True),
    sa.Column("contact_email", sa.Text, nullable=False, unique=True),
    sa.Column("created_at", Moment, nullable=False),
)

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
    _one_of("state", [state.value for state in OrderState], "orders_state_known"),
    sa.CheckConstraint(
        "state <> 'settled' OR (charge_id IS NOT NULL AND paid_at IS NOT NULL AND settled_at IS NOT NULL)",
        name="orders_settled_has_its_charge",
    ),
    _index_where("orders_one_open_per_ticket", "ticket_id", unique=True, where="state IN ('draft', 'open')"),
    sa.Index("orders_by_ticket", "ticket_id"),
    sa.Index("orders_by_account", "account_id"),
    sa.Index("orders_by_paid_at", "paid_at"),
    _index_where("orders_to_ask", "next_ask_at", where="state IN ('draft', 'open') AND parked_reason IS NULL"),
)

webhook_events = sa.Table(
    "webhook_events",
    metadata,
    sa.Column("event_id", sa.Text, primary_key=True),
    sa.Column("type", sa.Text, nullable=False),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("body", sa.LargeBinary, nullable=False),
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("received_at", Moment, nullable=False),
    sa.Column("request_id", sa.Text, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
    sa.Column("next_attempt_at", Moment, nullable=False),
    sa.Column("handled_at", Moment),
    sa.Column("parked_at", Moment),
    sa.Column("last_error", sa.Text),
    _one_of("source", ["webhook", "swept_in"], "webhook_events_source_known"),
    _index_where("webhook_events_unhandled", "next_attempt_at", where="handled_at IS NULL AND parked_at IS NULL"),
    _index_where("webhook_events_parked", "parked_at", where="parked_at IS NOT NULL AND handled_at IS NULL"),
)

sweep_cursors = sa.Table(
    "sweep_cursors",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("reached_at", Moment, nullable=False),
)

charges = sa.Table(
    "charges",
    metadata,
    sa.Column("charge_id", sa.Text, primary_key=True),
    sa.Column("payment_intent_id", sa.Text),
    sa.Column("order_id", sa.Text),
    sa.Column("balance_transaction_id", sa.Text),
    sa.Column("amount_minor", sa.BigInteger, nullable=False),
    sa.Column("refunded_minor", sa.BigInteger, nullable=False),
    sa.Column("currency", sa.Text, nullable=False),
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("mirrored_at", Moment, nullable=False),
    sa.Column("next_ask_at", Moment, nullable=False),
    sa.Index("charges_by_created_at", "created_at"),
    sa.Index("charges_by_order", "order_id"),
    _index_where("charges_without_balance", "next_ask_at", where="balance_transaction_id IS NULL"),
)

balance_transactions = sa.Table(
    "balance_transactions",
    metadata,
    sa.Column("balance_transaction_id", sa.Text, primary_key=True),
    sa.Column("source_id", sa.Text),
    sa.Column("type", sa.Text, nullable=False),
    sa.Column("gross_minor", sa.BigInteger, nullable=False),
    sa.Column("fee_minor", sa.BigInteger, nullable=False),
    sa.Column("currency", sa.Text, nullable=False),
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("available_on", Moment, nullable=False),
    sa.Column("mirrored_at", Moment, nullable=False),
)

ledger_transactions = sa.Table(
    "ledger_transactions",
    metadata,
    sa.Column("transaction_id", sa.Text, primary_key=True),
    sa.Column("movement", sa.Text, nullable=False),
    sa.Column("movement_id", sa.Text, nullable=False),
    sa.Column("account_id", sa.Text, nullable=False),
    sa.Column("order_id", sa.Text, nullable=False),
    sa.Column("occurred_at", Moment, nullable=False),
    sa.Column("posted_at", Moment, nullable=False),
    sa.UniqueConstraint("movement", "movement_id", name="ledger_transactions_one_per_movement"),
    _one_of("movement", [movement.value for movement in Movement], "ledger_transactions_movement_known"),
    sa.Index("ledger_transactions_by_time", "occurred_at", "transaction_id"),
    sa.Index("ledger_transactions_by_order", "order_id"),
)

ledger_entries = sa.Table(
    "ledger_entries",
    metadata,
    sa.Column("transaction_id", sa.Text, sa.ForeignKey("ledger_transactions.transaction_id"), primary_key=True),
    sa.Column("line", sa.SmallInteger, primary_key=True),
    sa.Column("ledger_account", sa.Text, nullable=False),
    sa.Column("amount_minor", sa.BigInteger, nullable=False),
    sa.Column("currency", sa.Text, nullable=False),
    sa.CheckConstraint("amount_minor <> 0", name="ledger_entries_move_something"),
    _one_of("ledger_account", [account.value for account in LedgerAccount], "ledger_entries_account_known"),
)

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
    _index_where("consumptions_unreleased", "order_id", where="released_at IS NULL AND order_id IS NOT NULL"),
)

audit_entries = sa.Table(
    "audit_entries",
    metadata,
    sa.Column("aggregate_id", sa.Text, primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("action", sa.Text, nullable=False),
    sa.Column("who", sa.Text, nullable=False),
    sa.Column("why", sa.Text, nullable=False),
    sa.Column("before", JSONB),
    sa.Column("after", JSONB),
    sa.Column("request_id", sa.Text, nullable=False),
    sa.Column("occurred_at", Moment, nullable=False),
)

reconciliations = sa.Table(
    "reconciliations",
    metadata,
    sa.Column("reconciliation_id", sa.Text, primary_key=True),
    sa.Column("day", sa.Date, nullable=False),
    sa.Column("zone", sa.Text, nullable=False),
    sa.Column("run_at", Moment, nullable=False),
    sa.Column("run_by", sa.Text, nullable=False),
    sa.Column("totals", JSONB, nullable=False),
    sa.Index("reconciliations_by_day", "day", "run_at"),
    sa.Index("reconciliations_by_run_at", "run_at", "reconciliation_id"),
)

reconciliation_exceptions = sa.Table(
    "reconciliation_exceptions",
    metadata,
    sa.Column("exception_id", sa.Text, primary_key=True),
    sa.Column("day", sa.Date, nullable=False),
    sa.Column("type", sa.Text, nullable=False),
    sa.Column("subject", sa.Text, nullable=False),
    sa.Column("charge_id", sa.Text),
    sa.Column("order_id", sa.Text),
    sa.Column("balance_transaction_id", sa.Text),
    sa.Column("ours_minor", sa.BigInteger),
    sa.Column("ours_currency", sa.Text),
    sa.Column("stripe_minor", sa.BigInteger),
    sa.Column("stripe_currency", sa.Text),
    sa.Column("occurred_at", Moment, nullable=False),
    sa.Column("first_seen_at", Moment, nullable=False),
    sa.Column("last_seen_run", sa.Text, sa.ForeignKey("reconciliations.reconciliation_id"), nullable=False),
    sa.Column("resolved_at", Moment),
    _one_of("type", [kind.value for kind in ExceptionType], "reconciliation_exceptions_type_known"),
    sa.CheckConstraint(
        "ours_minor IS NOT NULL OR stripe_minor IS NOT NULL", name="reconciliation_exceptions_has_a_side"
    ),
    _index_where(
        "reconciliation_exceptions_open_once", "day", "type", "subject", unique=True, where="resolved_at IS NULL"
    ),
    sa.Index("reconciliation_exceptions_by_day", "day", "exception_id"),
)

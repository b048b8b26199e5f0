"""The decisions; append-only: the service's role only adds."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from services.entitlements.base_tables import Moment, metadata

decisions = sa.Table(
    "decisions",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("ticket_id", sa.Text, sa.ForeignKey("tickets.ticket_id"), nullable=False),
    sa.Column("sequence", sa.Integer, nullable=False),
    sa.Column("account_id", sa.Text, index=True, comment="the requester's then, if there was one"),
    sa.Column("source_kind", sa.Text, comment="what pays: credit or coverage; none for what everybody gets"),
    sa.Column("source_id", sa.Text),
    # The class and its calendar as the policy had them: what was promised is read here, whatever the policy says later.
    sa.Column("response_class", sa.Text, nullable=False),
    sa.Column("rank", sa.Integer, nullable=False),
    sa.Column("taken_by", sa.Text, nullable=False),
    sa.Column("names", JSONB, nullable=False),
    sa.Column("sentences", JSONB, nullable=False),
    sa.Column("target_minutes", sa.Integer, nullable=False),
    sa.Column("calendar", JSONB, nullable=False),
    sa.Column("starts_at", Moment, nullable=False),
    sa.Column("respond_by", Moment, nullable=False),
    sa.Column("reasons", JSONB, nullable=False),
    sa.Column("facts", JSONB, nullable=False),
    sa.Column("policy_version", sa.Text, nullable=False),
    sa.Column("decided_at", Moment, nullable=False),
    sa.UniqueConstraint("ticket_id", "sequence", name="decisions_ticket_sequence"),
    sa.CheckConstraint("(source_kind IS NULL) = (source_id IS NULL)", name="decisions_source_has_kind_and_id"),
)

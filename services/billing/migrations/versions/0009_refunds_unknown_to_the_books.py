"""A refund made in Stripe behind our back is an exception of its own: until now its charge looked matched."""

from alembic import op

revision = "0009"
down_revision = "0008"

NAME = "reconciliation_exceptions_type_known"


def upgrade() -> None:
    """Refunds that the books do not know."""
    # NOT VALID and then checked: writers wait for neither step longer than a moment.
    op.execute(f"ALTER TABLE reconciliation_exceptions DROP CONSTRAINT {NAME}")
    op.execute(
        f"ALTER TABLE reconciliation_exceptions ADD CONSTRAINT {NAME} CHECK (type IN ("
        "'missing_in_books', 'missing_in_stripe', 'amount_mismatch', 'currency_mismatch', 'duplicate_charge', "
        "'refund_missing_in_books', 'balance_transaction_missing', 'balance_amount_mismatch', 'fee_missing')) NOT VALID"
    )
    op.execute(f"ALTER TABLE reconciliation_exceptions VALIDATE CONSTRAINT {NAME}")


def downgrade() -> None:
    """We only go forward: a step that was wrong is mended by the next one."""
    raise NotImplementedError

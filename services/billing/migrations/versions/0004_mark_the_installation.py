"""Several installations may share a Stripe account: each marks what it makes there, and leaves out what others made.

The mark is made here, once for each database, and nobody may change it.
"""

from alembic import op

from shared.migrations import grant_app

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Our mark, and the charges of others, which are counted."""
    op.execute("""
        CREATE TABLE installation (
            installation_id text PRIMARY KEY,
            one boolean NOT NULL DEFAULT true CONSTRAINT installation_one_key UNIQUE,
            CONSTRAINT installation_is_one CHECK (one)
        );
        INSERT INTO installation (installation_id) VALUES ('ins_' || replace(gen_random_uuid()::text, '-', ''));
        CREATE TABLE foreign_charges (
            charge_id text PRIMARY KEY,
            installation text NOT NULL,
            amount_minor bigint NOT NULL,
            currency text NOT NULL,
            created_at timestamptz NOT NULL,
            seen_at timestamptz NOT NULL
        );
        CREATE INDEX foreign_charges_by_created_at ON foreign_charges (created_at);
    """)
    grant_app(op, "installation", read_only=True)
    grant_app(op, "foreign_charges")


def downgrade() -> None:
    """We only go forward: a step that was wrong is mended by the next one."""
    raise NotImplementedError

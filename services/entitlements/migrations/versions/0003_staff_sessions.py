"""Sessions of staff stand on the server, so that signing out, or somebody else, can end them.

A cookie alone was good until it ran out, wherever it had been copied to, and its roles with it.
"""

from alembic import op

from shared.migrations import grant_app

revision = "0003"
down_revision = "0002"

SESSIONS = """
CREATE TABLE staff_sessions (
    secret_hash text PRIMARY KEY,
    subject text NOT NULL,
    provider_sid text,
    name text NOT NULL,
    email text,
    roles text[] NOT NULL,
    sealed_tokens text NOT NULL,
    began_at timestamptz NOT NULL,
    seen_at timestamptz NOT NULL,
    ends_at timestamptz NOT NULL,
    looked_at timestamptz NOT NULL,
    look_at timestamptz NOT NULL,
    unanswered_at timestamptz
);
COMMENT ON COLUMN staff_sessions.secret_hash IS 'digest of what the browser holds';
COMMENT ON COLUMN staff_sessions.subject IS '`sub` at the sign-in provider';
COMMENT ON COLUMN staff_sessions.provider_sid IS 'the provider''s own name for the sign-in';
COMMENT ON COLUMN staff_sessions.sealed_tokens IS 'the provider''s; the browser''s secret opens them';
COMMENT ON COLUMN staff_sessions.looked_at IS 'when the provider last said who this is';
COMMENT ON COLUMN staff_sessions.look_at IS 'when it is asked again';
COMMENT ON COLUMN staff_sessions.unanswered_at IS 'when it was asked and did not answer';
CREATE INDEX staff_sessions_by_subject ON staff_sessions (subject);
CREATE INDEX staff_sessions_by_end ON staff_sessions (ends_at);
"""


def upgrade() -> None:
    """The table, which the service alone reads and writes."""
    op.execute(SESSIONS)
    grant_app(op, "staff_sessions")


def downgrade() -> None:
    """We only go forward: a step that was wrong is mended by the next one."""
    raise NotImplementedError

"""An agent's own tickets are read a page at a time, by whose turn it is and by due time.

The release before reads them all at once, without an index for the minutes in which both run.
"""

from alembic import op

from shared.migrations import add_index, drop_index

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Two indexes instead of one."""
    add_index(op, "tickets_mine_our_turn", "tickets", "owner_id, respond_by, id", where="state = 'open'")
    theirs = "state IN ('waiting_customer', 'resolved')"
    add_index(op, "tickets_mine_their_turn", "tickets", "owner_id, respond_by, id", where=theirs)
    drop_index(op, "tickets_mine")

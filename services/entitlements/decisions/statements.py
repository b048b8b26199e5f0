"""The statements that store a decision: its row, the ticket's count and the trail's entry, all in one.

A first decision makes its ticket and holds its credit, too. The database's own constraints see to it that all of that
is written or nothing: a ticket is made once, and what a credit pays for names the grant that has given it.
"""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from services.entitlements.base_tables import Moment
from services.entitlements.credits.statements import hold_for
from services.entitlements.decisions.tables import decisions
from services.entitlements.tickets.tables import tickets
from shared.audit import entry_of

# No parameter has the name of a column: SQLAlchemy would write it into that column, in each UPDATE of the statement.
_ticket = sa.bindparam("of_ticket", type_=sa.Text)
_account = sa.bindparam("of_account", type_=sa.Text)
_COUNTED = (tickets.c.ticket_id, tickets.c.account_id, tickets.c.requester_email, tickets.c.audit_number)
_ROW: dict[str, Any] = {one.name: sa.bindparam(f"new_{one.name}", type_=one.type) for one in decisions.columns}


def _trail(counted: sa.CTE) -> sa.CTE:
    return entry_of(
        counted,
        aggregate="ticket",
        aggregate_id=counted.c.ticket_id,
        owner_key=sa.func.coalesce(counted.c.account_id, counted.c.requester_email),
        before=sa.bindparam("audit_before", type_=JSONB),
        after=sa.bindparam("audit_after", type_=JSONB),
    )


def _first(*, with_hold: bool) -> sa.Insert:
    asked = (
        tickets.insert()
        .values(
            ticket_id=_ticket,
            account_id=_account,
            requester_email=sa.bindparam("asked_requester_email", type_=sa.Text),
            requester_verified=sa.bindparam("asked_requester_verified", type_=sa.Boolean),
            opened_at=sa.bindparam("asked_opened_at", type_=Moment),
            audit_number=sa.literal_column("1"),
            created_at=sa.bindparam("asked_at", type_=Moment),
        )
        .returning(*_COUNTED)
        .cte("asked")
    )
    if not with_hold:
        return decisions.insert().values(_ROW).add_cte(_trail(asked))
    hold = hold_for(asked)
    # Where the credit is gone there is no such grant, and a decision that a credit pays for must name one.
    row = _ROW | {"source_id": sa.select(hold.moved.c.id).scalar_subquery()}
    adding = decisions.insert().from_select(list(row), sa.select(*row.values()), include_defaults=False)
    return adding.add_cte(_trail(asked), hold.added, hold.trail)


_counted = (
    tickets.update()
    .where(tickets.c.ticket_id == _ticket)
    .values(account_id=_account, audit_number=tickets.c.audit_number + 1)
    .returning(*_COUNTED)
    .cte("counted")
)
ADD = decisions.insert().values(_ROW).add_cte(_trail(_counted))
"""A decision of a ticket that is known."""
ADD_FIRST = _first(with_hold=False)
"""A ticket and its first decision."""
ADD_FIRST_AND_HOLD = _first(with_hold=True)
"""A ticket, its first decision and the credit that is held for it."""

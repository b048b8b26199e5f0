"""A kind of pending work that no service has, so that what all kinds have alike can be tried."""

from datetime import timedelta

import sqlalchemy as sa

from shared.db import Database
from shared.work.columns import work_columns, work_indexes
from shared.work.kind import PARK_AT, WorkKind

errands = sa.Table(
    "errands",
    sa.MetaData(),
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("done", sa.Integer, nullable=False, server_default="0"),
    *work_columns(),
    *work_indexes("errands"),
)
ERRANDS = WorkKind("errands", errands, title="Errands that wait", longest=timedelta(seconds=1))


def make_errands(owner_url: str, app_url: str) -> None:
    """Make the table in a database, for the service's role."""
    owner = sa.create_engine(owner_url)
    with owner.begin() as connection:
        errands.metadata.create_all(connection)
        connection.execute(sa.text(f'GRANT SELECT, INSERT, UPDATE ON errands TO "{sa.make_url(app_url).username}"'))
    owner.dispose()


def park(db: Database, name: str, why: str) -> None:
    """An errand that has failed too often."""
    with db.transaction() as session:
        session.execute(errands.insert().values(id=name))
        item = ERRANDS.claim_one(session, name)
        assert item is not None
        ERRANDS.failed(session, item, why, cost=PARK_AT)

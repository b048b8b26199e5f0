"""Our mark, and whether a mark is another's."""

import sqlalchemy as sa
from sqlalchemy.orm import Session

from services.billing.installation.tables import installation

_ours = sa.select(installation.c.installation_id)


def ours(session: Session) -> str:
    """The id of this installation: the mark on what it makes at Stripe."""
    return str(session.execute(_ours).scalar_one())


def is_foreign(session: Session, mark: str | None) -> bool:
    """Whether another installation has made what carries this mark.

    What carries none was made by hand, or by a release that did not mark: whose it is, its order must tell.
    """
    return mark is not None and mark != ours(session)

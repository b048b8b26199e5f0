"""Leave out what another installation on the same Stripe account has charged: counted and shown, not in our books."""

from collections.abc import Sequence

from sqlalchemy.orm import Session

from services.billing.gateways.stripe.charges import Charge
from services.billing.installation import store as installation
from services.billing.payments import store as charges
from shared import clock


def without_foreign(session: Session, found: Sequence[Charge]) -> list[Charge]:
    """The charges of which no other installation says that they are its own; the others are counted."""
    ours = installation.ours(session)
    foreign = [charge for charge in found if charge.installation not in {None, ours}]
    for charge in foreign:
        if charge.paid:
            charges.count_foreign(session, charge, now=clock.now())
    return [charge for charge in found if charge.installation in {None, ours}]

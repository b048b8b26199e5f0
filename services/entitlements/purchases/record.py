"""Turn a settled order into a grant, and raise the promise of the ticket that it was bought for."""

from typing import Any

from sqlalchemy.orm import Session

from services.entitlements.accounts import store as accounts
from services.entitlements.credits import store as ledger
from services.entitlements.decisions.decide import raise_decision
from services.entitlements.policies.policy import Policy
from services.entitlements.tickets import store as tickets
from shared import clock
from shared.outbox import publish


def record_purchase(session: Session, policy: Policy, purchase: dict[str, Any]) -> None:
    """Store the grant of `purchase` (IncidentsPurchasedV1); once for each order, whatever the number of deliveries."""
    ticket_id = purchase["ticket_id"]
    if ticket_id is not None:
        tickets.lock_ticket(session, ticket_id)
    now = clock.now()
    accounts.claim_contact(session, purchase["contact_email"].lower(), purchase["account_id"], now)
    if ledger.add_grant(session, purchase, now) is None or ticket_id is None:
        return
    ticket = tickets.known_ticket(session, ticket_id)
    if ticket is not None and (raised := raise_decision(session, policy, ticket)) is not None:
        publish(session, "entitlements.decision.made.v1", raised, to="queue")

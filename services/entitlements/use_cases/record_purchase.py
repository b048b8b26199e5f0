"""Turn a settled order into a grant, and raise the promise of the ticket that it was bought for."""

from typing import Any

from sqlalchemy.orm import Session

from services.entitlements.domain.policy import Policy
from services.entitlements.store import credit_ledger, decisions
from services.entitlements.use_cases.decide_ticket import raise_decision
from shared import clock
from shared.outbox import publish


def record_purchase(session: Session, policy: Policy, purchase: dict[str, Any]) -> None:
    """Store the grant of `purchase` (IncidentsPurchasedV1); once for each order, whatever the number of deliveries."""
    ticket_id = purchase["ticket_id"]
    if ticket_id is not None:
        decisions.lock_ticket(session, ticket_id)
    now = clock.now()
    credit_ledger.claim_contact(session, purchase["contact_email"].lower(), purchase["account_id"], now)
    if credit_ledger.add_grant(session, purchase, now) is None or ticket_id is None:
        return
    ticket = decisions.known_ticket(session, ticket_id)
    if ticket is not None and (raised := raise_decision(session, policy, ticket)) is not None:
        publish(session, "entitlements.decision.made.v1", raised, to="queue")

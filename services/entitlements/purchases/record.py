"""Turn a settled order into a grant, and raise the promise of the ticket that it was bought for."""

from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy.orm import Session

from services.entitlements.accounts import store as accounts
from services.entitlements.credits import store as ledger
from services.entitlements.credits.credit import GrantKind, NewGrant, SourceKind
from services.entitlements.decisions.decide import raise_decision
from services.entitlements.decisions.told import as_contract
from services.entitlements.policies.policy import Policy
from services.entitlements.purchases.errors import UnknownResponseClass
from services.entitlements.tickets import store as tickets
from shared import clock
from shared.audit import Change
from shared.email_address import contact_key
from shared.outbox import publish

_BILLING = "service:billing"


@dataclass(frozen=True, kw_only=True)
class Purchase:
    """A settled order as billing tells of it (IncidentsPurchasedV1)."""

    order_id: str
    account_id: str
    contact_email: str
    credits: int
    ticket_id: str | None
    response_class: str
    paid_at: datetime
    expires_at: datetime | None


def record_purchase(session: Session, policy: Policy, purchase: Purchase) -> None:
    """Store the grant of an order; once for each order, whatever the number of deliveries.

    Raises UnknownResponseClass: what the policy does not have cannot be promised; the event waits at its sender.
    """
    bought = policy.find(purchase.response_class)
    if bought is None:
        raise UnknownResponseClass(purchase.response_class, [one.id for one in policy.classes])
    now = clock.now()
    change = Change(actor=_BILLING, action="granted", why=f"order {purchase.order_id}", at=now)
    account_id = _account_in_force(session, purchase, change)
    ticket = None if purchase.ticket_id is None else tickets.reserve(session, purchase.ticket_id, now)
    grant = NewGrant(
        account_id=account_id,
        source_kind=SourceKind.ORDER,
        source_id=purchase.order_id,
        kind=GrantKind.PAID,
        response_class=bought.id,
        rank=bought.rank,
        ticket_id=purchase.ticket_id,
        amount=purchase.credits,
        granted_at=purchase.paid_at,
        expires_at=purchase.expires_at,
    )
    if not ledger.add_grant(session, grant, change) or ticket is None:
        return
    if (raised := raise_decision(session, policy, ticket, actor=_BILLING)) is not None:
        publish(session, "entitlements.decision.made.v1", as_contract(raised), to="queue")
    elif not ticket.takes_credit:
        # Paid when the answer was there already, or the ticket had ended: whoever paid hears of it at once.
        kept = {
            "ticket_id": ticket.ticket_id,
            "order_id": purchase.order_id,
            "credits": purchase.credits,
            "paid_at": purchase.paid_at,
        }
        publish(session, "entitlements.incidents.kept.v1", kept, to="queue")


def _account_in_force(session: Session, purchase: Purchase, change: Change) -> str:
    """Where the grant belongs: a purchase that names an account that was absorbed lands in the absorbing one.

    Until billing has told of an account, its purchases say who belongs to it; from then on billing's list does.
    """
    account = accounts.lock(session, purchase.account_id, change.at)
    if account.version == 0 and account.merged_into is None:
        known = replace(account, emails=account.emails | {contact_key(purchase.contact_email)})
        accounts.write(session, account, known, replace(change, action="contact_added"))
    return account.in_force

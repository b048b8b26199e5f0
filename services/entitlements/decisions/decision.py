"""The decision: which promise a ticket carries, and why. Same facts and same policy, same decision."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from services.entitlements.credits.credit import GrantFact
from services.entitlements.policies.policy import Policy, ResponseClass, Target


@dataclass(frozen=True, kw_only=True)
class Facts:
    """All that a decision is made from; stored with it, so that it can be replayed."""

    ticket_id: str
    opened_at: datetime
    requester_verified: bool
    grants: tuple[GrantFact, ...]
    at: datetime


@dataclass(frozen=True, kw_only=True)
class Reason:
    """One step of the way: a code for programs, a sentence for people."""

    code: str
    text: str


@dataclass(frozen=True, kw_only=True)
class Decision:
    """What a ticket is entitled to. A premium decision names the grant of which a credit is to be held."""

    response_class: ResponseClass
    starts_at: datetime
    respond_by: datetime
    grant_id: str | None
    target: Target
    reasons: tuple[Reason, ...]
    policy_version: str


def decide(facts: Facts, policy: Policy) -> Decision:
    """Premium if a credit can be held for this ticket, else standard."""
    grant = choose_grant(facts)
    if grant is None:
        return _promise(policy, ResponseClass.STANDARD, facts.opened_at, None, _why_standard())
    bought_for_this = grant.ticket_id == facts.ticket_id
    # What was bought for this ticket runs from the payment; another credit was there when the ticket was opened.
    start = max(grant.granted_at, facts.opened_at) if bought_for_this else facts.opened_at
    reason = (
        Reason(code="paid_for_this_ticket", text="You bought a priority incident for this question.")
        if bought_for_this
        else Reason(code="credit_of_account", text="One of your priority incidents is used for this question.")
    )
    return _promise(policy, ResponseClass.PREMIUM, start, grant.grant_id, (reason,))


def choose_grant(facts: Facts) -> GrantFact | None:
    """The grant that pays: first what was bought for this ticket, then what lapses first, then the oldest.

    A requester who has not proved the address burns nothing but what was bought for this very ticket: anybody can write
    somebody else's address into a form.
    """
    usable = [grant for grant in facts.grants if grant.available > 0 and not _expired(grant, facts.at)]
    own = [grant for grant in usable if grant.ticket_id == facts.ticket_id]
    return min(own or _of_account(usable, facts), key=_burn_order, default=None)


def _of_account(usable: Sequence[GrantFact], facts: Facts) -> list[GrantFact]:
    return list(usable) if facts.requester_verified else []


def _burn_order(grant: GrantFact) -> tuple[bool, datetime, datetime, str]:
    lapses = grant.expires_at or grant.granted_at
    return (grant.expires_at is None, lapses, grant.granted_at, grant.grant_id)


def _expired(grant: GrantFact, at: datetime) -> bool:
    return grant.expires_at is not None and grant.expires_at <= at


def _why_standard() -> tuple[Reason, ...]:
    # One sentence for all: whether an address has credits is told only to whoever has proved it.
    return (Reason(code="no_credit", text="No priority incident is used for this question."),)


def _promise(
    policy: Policy, response_class: ResponseClass, start: datetime, grant_id: str | None, why: tuple[Reason, ...]
) -> Decision:
    target = policy.target(response_class)
    hours = round(target.working_time.total_seconds() / 3600)
    promise = Reason(
        code=f"{response_class}_target",
        text=f"A person answers within {hours} hours, {target.calendar_name}, from {_start_word(response_class, why)}.",
    )
    return Decision(
        response_class=response_class,
        starts_at=start,
        respond_by=target.respond_by(start),
        grant_id=grant_id,
        target=target,
        reasons=(*why, promise),
        policy_version=policy.version,
    )


def _start_word(response_class: ResponseClass, why: tuple[Reason, ...]) -> str:
    paid_now = response_class is ResponseClass.PREMIUM and why[0].code == "paid_for_this_ticket"
    return "the moment of your payment" if paid_now else "the moment you wrote"


def raised(new: Decision, old_class: ResponseClass, old_respond_by: datetime) -> Decision | None:
    """The new decision where it is better for the customer, else None: what was promised only ever rises.

    A rise in class keeps the earlier of both due times.
    """
    better_class = new.response_class is ResponseClass.PREMIUM and old_class is ResponseClass.STANDARD
    earlier = new.respond_by < old_respond_by and new.response_class is old_class
    if not (better_class or earlier):
        return None
    return replace(new, respond_by=min(new.respond_by, old_respond_by))

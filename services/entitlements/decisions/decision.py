"""The decision: which promise a ticket carries, and why. Same facts and same policy, same decision."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from services.entitlements.credits.credit import GrantFact
from services.entitlements.policies.policy import Policy, ResponseClass
from shared.sentences import Sentence, Words


class SourceKind(StrEnum):
    """What pays for a promise."""

    CREDIT = "credit"
    """A credit of a grant, which the id names."""


@dataclass(frozen=True, kw_only=True)
class Source:
    """What pays for a promise; what everybody gets has none."""

    kind: SourceKind
    id: str


@dataclass(frozen=True, kw_only=True)
class Facts:
    """All that a decision is made from; stored with it, so that it can be replayed."""

    ticket_id: str
    opened_at: datetime
    requester_verified: bool
    grants: tuple[GrantFact, ...]
    at: datetime


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What a ticket is entitled to, by the rules alone.

    `unknown_class`: what was bought, where the policy does not have it any more.
    """

    response_class: ResponseClass
    source: Source | None
    starts_at: datetime
    respond_by: datetime
    reasons: tuple[Sentence, ...]
    policy_version: str
    unknown_class: str | None = None


@dataclass(frozen=True, kw_only=True)
class Decision:
    """A decision as it is stored. `calendar` is id, names and zone as the policy had them."""

    decision_id: str
    ticket_id: str
    sequence: int
    account_id: str | None
    source: Source | None
    response_class: str
    rank: int
    taken_by: str
    names: Mapping[str, str] = field(hash=False)
    sentences: Mapping[str, str] = field(hash=False)
    target_minutes: int
    calendar: Mapping[str, Any] = field(hash=False)
    starts_at: datetime
    respond_by: datetime
    reasons: tuple[Sentence, ...]
    policy_version: str
    decided_at: datetime


def decide(facts: Facts, policy: Policy) -> Verdict:
    """The best class of which a credit can be held for this ticket, else what everybody gets."""
    choice = choose_grant(facts, policy)
    if choice is None:
        # One sentence for all: whether an address has credits is told only to whoever has proved it.
        return _verdict(policy, policy.for_everybody, facts.opened_at, None, (Sentence.of("no_credit"),))
    grant, response_class = choice
    bought_for_this = grant.ticket_id == facts.ticket_id
    # What was bought for this ticket runs from the payment; another credit was there when the ticket was opened.
    start = max(grant.granted_at, facts.opened_at) if bought_for_this else facts.opened_at
    why = [Sentence.of("paid_for_this_ticket") if bought_for_this else Sentence.of("credit_of_account")]
    unknown = None if response_class.id == grant.response_class else grant.response_class
    if unknown is not None:
        why.append(Sentence.of("class_is_gone", bought=unknown))
    source = Source(kind=SourceKind.CREDIT, id=grant.grant_id)
    verdict = _verdict(policy, response_class, start, source, tuple(why), from_payment=bought_for_this)
    return replace(verdict, unknown_class=unknown)


def choose_grant(facts: Facts, policy: Policy) -> tuple[GrantFact, ResponseClass] | None:
    """The grant that pays and the class that it buys: what was bought for this ticket comes before other credits.

    Of several the best class, then what lapses first, then the oldest. A requester who has not proved the address burns
    nothing but what was bought for this very ticket: anybody can write somebody else's address into a form. A credit
    that would buy no more than everybody gets is kept.
    """
    usable = [
        (grant, response_class)
        for grant in facts.grants
        if grant.available > 0 and not _expired(grant, facts.at)
        if (response_class := policy.in_place_of(grant.response_class, grant.rank)) != policy.for_everybody
    ]
    own = [choice for choice in usable if choice[0].ticket_id == facts.ticket_id]
    return min(own or _of_account(usable, facts), key=_burn_order, default=None)


def _of_account(
    usable: Sequence[tuple[GrantFact, ResponseClass]], facts: Facts
) -> Sequence[tuple[GrantFact, ResponseClass]]:
    return usable if facts.requester_verified else ()


def _burn_order(choice: tuple[GrantFact, ResponseClass]) -> tuple[int, bool, datetime, datetime, str]:
    grant, response_class = choice
    lapses = grant.expires_at or grant.granted_at
    return (-response_class.rank, grant.expires_at is None, lapses, grant.granted_at, grant.grant_id)


def _expired(grant: GrantFact, at: datetime) -> bool:
    return grant.expires_at is not None and grant.expires_at <= at


def _verdict(
    policy: Policy,
    response_class: ResponseClass,
    start: datetime,
    source: Source | None,
    why: tuple[Sentence, ...],
    *,
    from_payment: bool = False,
) -> Verdict:
    target, calendar = response_class.target, Words(response_class.calendar.names)
    promise = (
        Sentence.of("answer_counted_from_payment", target=target, calendar=calendar, start=start)
        if from_payment
        else Sentence.of("answer_counted_from_question", target=target, calendar=calendar, start=start)
    )
    return Verdict(
        response_class=response_class,
        source=source,
        starts_at=start,
        respond_by=response_class.respond_by(start),
        reasons=(*why, promise),
        policy_version=policy.version,
    )


def raised(new: Verdict, rank: int, respond_by: datetime) -> Verdict | None:
    """The new verdict where it is better for the customer, else None: what was promised only ever rises.

    A rise in class keeps the earlier of both due times.
    """
    better_class = new.response_class.rank > rank
    earlier = new.response_class.rank == rank and new.respond_by < respond_by
    if not (better_class or earlier):
        return None
    if new.respond_by <= respond_by:
        return new
    kept = Sentence.of("earlier_time_kept", respond_by=respond_by)
    return replace(new, respond_by=respond_by, reasons=(*new.reasons, kept))

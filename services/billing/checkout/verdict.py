"""What Stripe's checkout session means for an order."""

from enum import Enum

from shared.money import Money


class SessionVerdict(Enum):
    """What Stripe's session says about our order."""

    PAID = "paid"
    """The right amount in the right currency was paid."""
    WAITING = "waiting"
    """The customer can still pay, or the bank has not said yet."""
    EXPIRED = "expired"
    """It can never be paid."""
    MISMATCH = "mismatch"
    """Paid, but not what the order says: a person looks."""


def judge_session(*, price: Money, total: Money | None, paid: bool, expired: bool) -> SessionVerdict:
    """What a session with this total means for an order of this price."""
    if paid:
        return SessionVerdict.PAID if total == price else SessionVerdict.MISMATCH
    return SessionVerdict.EXPIRED if expired else SessionVerdict.WAITING

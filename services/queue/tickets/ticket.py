"""Where a ticket stands, and which step may follow: one table for each kind of step."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from services.queue.tickets.promise import Promise


class State(StrEnum):
    """Whose turn it is."""

    OPEN = "open"
    """Ours: the customer waits for an answer."""
    WAITING_CUSTOMER = "waiting_customer"
    """The customer's: we have answered or asked back."""
    RESOLVED = "resolved"
    """We believe that it is solved; the customer has not said so yet."""
    CLOSED = "closed"
    """The customer said that it is solved."""
    CANCELED = "canceled"
    """The customer no longer needed it, before anybody had answered."""


class Payment(StrEnum):
    """Whether the customer pays for this ticket."""

    NONE = "none"
    """Nobody asked to pay."""
    PENDING = "pending"
    """The customer was sent to the payment page; agents wait for the outcome."""
    PAID = "paid"
    """What was bought for this ticket stands behind its promise."""
    NOT_COMPLETED = "not_completed"
    """The customer went on without paying, or half an hour passed. A payment that comes later still counts."""


class Choice(StrEnum):
    """How soon the customer wants the answer."""

    STANDARD = "standard"
    """Free, within a working day."""
    BUY = "buy"
    """Buy one incident for this problem."""
    CREDIT = "credit"
    """Use an incident that was bought before; only for somebody who proved the address."""


class Step(StrEnum):
    """What an agent's message does to the ticket."""

    ANSWER = "answer"
    """An answer; the customer's turn."""
    ASK_BACK = "ask_back"
    """A question; the customer's turn."""
    RESOLVE = "resolve"
    """The solution; the customer is asked to confirm."""


@dataclass(frozen=True, kw_only=True)
class Turn:
    """The state after a step, and whether that brings a finished ticket back."""

    state: State
    reopens: bool = False


AFTER_AGENT: dict[Step, State] = {
    Step.ANSWER: State.WAITING_CUSTOMER,
    Step.ASK_BACK: State.WAITING_CUSTOMER,
    Step.RESOLVE: State.RESOLVED,
}


@dataclass(frozen=True, kw_only=True)
class Ticket:
    """A ticket as it stands in its row; times in UTC. `promise` is None until it is decided.

    `owner_id` is the agent who has it, `lease_token` and `lease_expires_at` their right to write; `queued` says that
    Take next may hand it out as soon as nobody's lease is running.
    """

    id: str
    number: int
    subject: str
    contact_email: str
    contact_key: str
    contact_name: str | None
    language: str
    zone: str
    tried: str | None
    restated: str | None
    state: State
    requester_verified: bool
    link_version: int
    payment: Payment
    product: str | None
    currency: str | None
    order_id: str | None
    promise: Promise | None
    opened_at: datetime
    first_responded_at: datetime | None
    resolved_at: datetime | None
    ended_at: datetime | None
    queued: bool
    owner_id: str | None
    lease_token: int
    lease_expires_at: datetime | None

    def leased(self, now: datetime) -> bool:
        """Whether somebody's right to it is running."""
        return self.lease_expires_at is not None and self.lease_expires_at > now

    def leased_to(self, agent_id: str, now: datetime) -> bool:
        """Whether this agent may write to it now."""
        return self.owner_id == agent_id and self.leased(now)

    def runs(self, lease: "Lease", now: datetime) -> bool:
        """Whether this lease, and no later one, runs on it."""
        return self.leased_to(lease.agent_id, now) and self.lease_token == lease.token

    @property
    def minutes_to_first_response(self) -> int | None:
        """Whole minutes from opening to the first answer of a person; None while there is none."""
        if self.first_responded_at is None:
            return None
        return int((self.first_responded_at - self.opened_at).total_seconds() // 60)


@dataclass(frozen=True, kw_only=True)
class Lease:
    """What an agent shows with each write: who, and the token of the lease that they got."""

    agent_id: str
    token: int


def after_customer_message(state: State) -> Turn | None:
    """What a message of the customer does; None when the ticket can take none (canceled: nobody has it any more)."""
    match state:
        case State.OPEN | State.WAITING_CUSTOMER:
            return Turn(state=State.OPEN)
        case State.RESOLVED | State.CLOSED:
            return Turn(state=State.OPEN, reopens=True)
        case State.CANCELED:
            return None


def may_be_answered(state: State) -> bool:
    """Whether an agent can write to the customer: not after the end."""
    return state in (State.OPEN, State.WAITING_CUSTOMER, State.RESOLVED)


def may_be_handed_out(state: State, payment: Payment, promise: Promise | None) -> bool:
    """Whether agents get it: it is our turn, nobody is just paying for it, and it is known by when we answer."""
    return state is State.OPEN and payment is not Payment.PENDING and promise is not None


def queued_with(ticket: Ticket, payment: Payment, promise: Promise | None) -> bool:
    """Nobody has had it yet: then agents get it as soon as they may. An agent who has it keeps it."""
    return ticket.queued or (ticket.owner_id is None and may_be_handed_out(ticket.state, payment, promise))

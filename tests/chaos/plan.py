"""The plan of a run, made of its seed alone: who does what when, and which fault strikes when."""

import random
from dataclasses import dataclass
from enum import StrEnum

FIRST_FAULT_S = 6.0
FAULT_EVERY_S = 3.2
CUSTOMER_EVERY_S = 1.6
API_EVERY_S = 5.0
ENDS_BEFORE_S = 12.0
"""Nobody new comes in the last seconds: a story that has hardly begun shows nothing."""


class Choice(StrEnum):
    """How soon a customer wants the answer."""

    STANDARD = "standard"
    BUY = "buy"


class Paying(StrEnum):
    """What a customer does on the payment page."""

    ONCE = "pays once"
    TWO_TABS = "pays in two tabs at once"
    DECLINED_FIRST = "is declined first"
    VANISHES = "pays and never comes back"
    NEVER = "leaves without paying"
    LATE = "takes the standard answer, then pays all the same"


class Ending(StrEnum):
    """What a customer does with the answer."""

    CONFIRMS = "confirms"
    NOT_SOLVED = "says that it is not solved"
    CANCELS = "cancels before an answer"
    SILENT = "says nothing more"


class Move(StrEnum):
    """What an agent does with the next ticket."""

    ANSWER = "answers"
    ASK_BACK = "asks back"
    RESOLVE = "resolves"
    GIVE_BACK = "gives it back"
    OLD_TAB = "answers from an old tab after taking it again"
    TWO_PRESSES = "presses everything twice at once"
    RACE = "takes with two tabs at once"
    GO_ON = "goes on with an own ticket"
    STALL = "stalls past the lease and answers when somebody else has it"
    BARELY_LATE = "answers a moment after the lease"


@dataclass(frozen=True, kw_only=True)
class Story:
    """One customer."""

    name: str
    at_s: float
    choice: Choice
    paying: Paying
    product: str
    currency: str
    sends_twice: bool
    writes: int
    ending: Ending


@dataclass(frozen=True, kw_only=True)
class Agent:
    """One agent's browser: who sits there, and the moves, one after the other, again from the first."""

    name: str
    person: str
    moves: tuple[Move, ...]
    thinks_s: tuple[float, ...]


@dataclass(frozen=True, kw_only=True)
class ApiCall:
    """An integrator opens a ticket: so often with the same key, some at once."""

    name: str
    at_s: float
    repeats: int
    at_once: bool
    writes: bool


@dataclass(frozen=True, kw_only=True)
class Strike:
    """One fault: which, on whom, for how long."""

    at_s: float
    kind: str
    on: str
    lasts_s: float


@dataclass(frozen=True, kw_only=True)
class Plan:
    """All of a run."""

    seed: int
    lasts_s: float
    stories: tuple[Story, ...]
    agents: tuple[Agent, ...]
    api_calls: tuple[ApiCall, ...]
    strikes: tuple[Strike, ...]


_SERVICES = ("billing", "entitlements", "queue")
_MUST = (
    *(("kill workers", f"{name}-worker") for name in _SERVICES),
    *(("kill a worker", f"{name}-worker") for name in _SERVICES),
    *(("kill web", f"{name}-web") for name in _SERVICES),
    *(("kill a web process", f"{name}-web") for name in ("billing", "queue")),
    *(("pause a web process", f"{name}-web") for name in ("billing", "queue")),
    *(("kill after its outbox claim", name) for name in _SERVICES),
    *(("kill in the middle of a mail", "queue"), ("smtp away", "mail")),
    *(("pause", part) for part in ("queue-web", "entitlements-web", "stripe", "postgres")),
    *(("valkey flush", "valkey"), ("kill valkey", "valkey"), ("kill postgres", "postgres")),
    *(
        ("stripe", "drop sessions"),
        ("stripe", "slow sessions"),
        ("stripe", "500 after a checkout"),
        ("stripe", "twice"),
    ),
)
"""What strikes at least once in two minutes."""
_MORE = (
    *(("pause", part) for part in ("billing-web", "billing-worker", "queue-worker", "entitlements-worker", "valkey")),
    *(("pause", "mail"), ("valkey flush", "valkey"), ("kill postgres", "postgres"), ("smtp away", "mail")),
    *(("stripe", kind) for kind in ("lost reply", "500", "rate limit", "reorder", "stale", "bad signature", "delay")),
    *(
        ("stripe", "balance later"),
        ("stripe", "drop all"),
        ("kill web", "billing-web"),
        ("kill workers", "queue-worker"),
    ),
)
_MOVES = (
    *(Move.ANSWER, Move.RESOLVE, Move.GO_ON, Move.OLD_TAB, Move.TWO_PRESSES, Move.GO_ON, Move.RACE),
    *(Move.ASK_BACK, Move.GO_ON, Move.GIVE_BACK, Move.RESOLVE),
)
_PAYING = (
    *(Paying.ONCE, Paying.ONCE, Paying.TWO_TABS, Paying.TWO_TABS, Paying.VANISHES, Paying.VANISHES),
    *(Paying.VANISHES, Paying.DECLINED_FIRST, Paying.NEVER, Paying.LATE),
)
_ENDINGS = (Ending.CONFIRMS, Ending.CONFIRMS, Ending.NOT_SOLVED, Ending.CANCELS, Ending.SILENT)


def make_plan(seed: int, minutes: float) -> Plan:
    """The plan of that seed and length; the same for the same two."""
    lasts_s = minutes * 60
    last = lasts_s - ENDS_BEFORE_S
    return Plan(
        seed=seed,
        lasts_s=lasts_s,
        stories=_stories(_dice(seed, "customers"), last),
        agents=_agents(_dice(seed, "agents")),
        api_calls=_api_calls(_dice(seed, "integrator"), last),
        strikes=_strikes(_dice(seed, "faults"), lasts_s),
    )


def _dice(seed: int, what: str) -> random.Random:
    """Dice of its own for each part, so that a change of one leaves the others as they are."""
    return random.Random(f"{seed} {what}")  # noqa: S311 - a plan, not a secret


def _moments(dice: random.Random, every_s: float, until_s: float) -> list[float]:
    """One moment somewhere in each stretch of that length."""
    return [round((number + dice.random()) * every_s, 2) for number in range(int(until_s / every_s))]


def _stories(dice: random.Random, until_s: float) -> tuple[Story, ...]:
    return tuple(
        Story(
            name=f"c{number}",
            at_s=at,
            choice=dice.choices((Choice.BUY, Choice.STANDARD), (7, 3))[0],
            paying=dice.choice(_PAYING),
            product=dice.choices(("incident_1", "incident_5"), (4, 1))[0],
            currency=dice.choice(("usd", "eur", "gbp", "jpy")),
            sends_twice=dice.random() < 0.4,
            writes=dice.randrange(3),
            ending=dice.choice(_ENDINGS),
        )
        for number, at in enumerate(_moments(dice, CUSTOMER_EVERY_S, until_s), start=1)
    )


def _agents(dice: random.Random) -> tuple[Agent, ...]:
    def working(name: str, person: str) -> Agent:
        moves = list(_MOVES)
        dice.shuffle(moves)
        return Agent(name=name, person=person, moves=tuple(moves), thinks_s=_thinking(dice))

    return (
        *(working(f"{person}", person) for person in ("ana", "sam", "ben")),
        # The same people at a second desk, where tickets lie until their lease is over.
        *(
            Agent(name=f"{person} far away", person=person, moves=moves, thinks_s=_thinking(dice))
            for person, moves in (("ana", (Move.STALL, Move.BARELY_LATE)), ("ben", (Move.BARELY_LATE, Move.STALL)))
        ),
    )


def _thinking(dice: random.Random) -> tuple[float, ...]:
    return tuple(round(dice.uniform(0.3, 2.0), 2) for _ in range(17))


def _api_calls(dice: random.Random, until_s: float) -> tuple[ApiCall, ...]:
    return tuple(
        ApiCall(
            name=f"i{number}",
            at_s=at,
            repeats=dice.randint(2, 4),
            at_once=dice.random() < 0.5,
            writes=dice.random() < 0.5,
        )
        for number, at in enumerate(_moments(dice, API_EVERY_S, until_s), start=1)
    )


def _strikes(dice: random.Random, until_s: float) -> tuple[Strike, ...]:
    """All that must strike, mixed; then all kinds, mixed again and again."""
    deck: list[tuple[str, str]] = []
    strikes: list[Strike] = []
    for at in (FIRST_FAULT_S + moment for moment in _moments(dice, FAULT_EVERY_S, until_s - FIRST_FAULT_S)):
        if not deck:
            deck = [*_MUST] if not strikes else [*_MUST, *_MORE]
            dice.shuffle(deck)
        kind, on = deck.pop()
        strikes.append(Strike(at_s=round(at, 2), kind=kind, on=on, lasts_s=round(dice.uniform(1.5, 5.0), 2)))
    return tuple(strikes)

"""The demo people: who they are, which roles they have, and what those let them do."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Person:
    """Somebody of the demo staff. `roles` is what the product reads; `title` and `work` say it in plain words."""

    sub: str
    name: str
    roles: tuple[str, ...]
    title: str
    work: str

    @property
    def email(self) -> str:
        """An address that no mail server takes: `.example` is reserved (RFC 2606)."""
        return f"{self.sub}@premium-support.example"

    @property
    def initials(self) -> str:
        """`AS` for Ana Silva."""
        return "".join(part[0] for part in self.name.split())

    def claims(self, scope: str) -> dict[str, Any]:
        """What a client with that scope is told (OpenID Connect Core 5.4; `groups` as Dex and Keycloak name it)."""
        granted = scope.split()
        told: dict[str, Any] = {"sub": self.sub}
        if "profile" in granted:
            told["name"] = self.name
        if "email" in granted:
            told |= {"email": self.email, "email_verified": True}
        if "groups" in granted:
            told["groups"] = list(self.roles)
        return told


SCOPES = ("openid", "profile", "email", "groups", "offline_access")


def _senior(sub: str, name: str) -> Person:
    return Person(
        sub=sub,
        name=name,
        roles=("senior", "agent"),
        title="Senior agent",
        work="Gets paid incidents first, then helps the standard queue.",
    )


PEOPLE = (
    _senior("ana", "Ana Silva"),
    _senior("sam", "Sam Reyes"),  # the second, so that two can race for a ticket
    Person(
        sub="ben",
        name="Ben Okafor",
        roles=("agent",),
        title="Engineer",
        work="Answers the standard queue.",
    ),
    Person(
        sub="sofia",
        name="Sofia Lindqvist",
        roles=("supervisor",),
        title="Supervisor",
        work="Watches the board: promises at risk, who works on what.",
    ),
    Person(
        sub="finn",
        name="Finn Walsh",
        roles=("finance",),
        title="Finance",
        work="Follows each charge to the ticket that it paid for.",
    ),
    Person(
        sub="olga",
        name="Olga Petrova",
        roles=("operator",),
        title="Operator",
        work="Keeps it running: health, received webhooks, what failed.",
    ),
)


def find(sub: str) -> Person | None:
    """The person with that subject, if there is one."""
    return next((person for person in PEOPLE if person.sub == sub), None)

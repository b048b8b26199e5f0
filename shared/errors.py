"""What a refusal is: each service's errors build on ServiceError; one table says what each kind means outside."""

from enum import Enum
from typing import Any, ClassVar

from shared.language import N_


class Kind(Enum):
    """The five ways in which the product says no; HTTP status and retry of a job follow from the kind alone."""

    INVALID = "invalid"
    """The input is wrong; the caller must change it."""
    NOT_FOUND = "not_found"
    """There is no such thing, or it is not the caller's: both look alike."""
    REFUSED = "refused"
    """The caller may not do this."""
    CONFLICT = "conflict"
    """The thing has moved on; look again before trying again."""
    UNAVAILABLE = "unavailable"
    """Somebody we depend on does not answer; the same request may succeed later."""


HTTP_STATUS: dict[Kind, int] = {
    Kind.INVALID: 422,
    Kind.NOT_FOUND: 404,
    Kind.REFUSED: 403,
    Kind.CONFLICT: 409,
    Kind.UNAVAILABLE: 503,
}

RETRY_JOB: dict[Kind, bool] = {
    Kind.INVALID: False,
    Kind.NOT_FOUND: False,
    Kind.REFUSED: False,
    Kind.CONFLICT: False,
    Kind.UNAVAILABLE: True,
}


class ServiceError(Exception):
    """A refusal with its facts. Subclasses set `kind`, `code` and `title`; the message says what to do.

    `field` names the input at fault, `facts` are shown to the caller and logged: no secrets in them. Title and message
    are marked by `N_`, and the message takes its values from the facts: `N_("%(product)s cannot be bought.")`. Programs
    and logs read them in English as `message`; people read them in their language (`shared.web.problems.words_of`).
    """

    kind: ClassVar[Kind] = Kind.INVALID
    code: ClassVar[str] = "refused"
    title: ClassVar[str] = N_("The request was refused")

    def __init__(self, message: str, *, field: str | None = None, **facts: Any) -> None:
        self.template = message
        self.message = _filled(message, facts)
        super().__init__(self.message)
        self.field = field
        self.facts = facts

    @property
    def status(self) -> int:
        """The HTTP status of this refusal."""
        return HTTP_STATUS[self.kind]


def _filled(message: str, facts: dict[str, Any]) -> str:
    """The message with its facts. What is no template, such as the words of a peer with a `%` in them, stays."""
    plain = {name: ", ".join(map(str, fact)) if isinstance(fact, list) else fact for name, fact in facts.items()}
    try:
        return message % plain if plain else message
    except (KeyError, TypeError, ValueError):
        return message

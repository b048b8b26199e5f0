"""What is refused about tickets; the message says what to do."""

from typing import ClassVar

from shared.errors import Kind, ServiceError
from shared.language import N_


class TicketNotFound(ServiceError):
    """No such ticket, or none that this caller may know of."""

    kind: ClassVar = Kind.NOT_FOUND
    code: ClassVar = "ticket_not_found"
    title: ClassVar = N_("This link opens no ticket")

    def __init__(self) -> None:
        super().__init__(N_("This link is not complete, or an old one. Use the link in our newest mail to you."))


class LeaseLost(ServiceError):
    """The agent's right to this ticket has ended: time passed, or somebody else has it."""

    kind: ClassVar = Kind.CONFLICT
    code: ClassVar = "lease_lost"
    title: ClassVar = N_("You no longer have this ticket")

    def __init__(self, ticket_id: str) -> None:
        super().__init__(
            N_(
                "Nothing was sent; your text is still here. Take the ticket again, or copy the text for whoever has it."
            ),
            ticket_id=ticket_id,
        )


class TicketMovedOn(ServiceError):
    """The ticket is in a state in which this step makes no sense any more."""

    kind: ClassVar = Kind.CONFLICT
    code: ClassVar = "ticket_moved_on"
    title: ClassVar = N_("The ticket has moved on")

    def __init__(self, ticket_id: str, state: str, cure: str) -> None:
        super().__init__(cure, ticket_id=ticket_id, state=state)


class TextMissing(ServiceError):
    """A step that needs words came without."""

    code: ClassVar = "text_missing"
    title: ClassVar = N_("Something is missing")

    def __init__(self, message: str, field: str = "text") -> None:
        super().__init__(message, field=field)

"""What the queue refuses, one class for each refusal; the message says what to do."""

from typing import ClassVar

from shared.errors import Kind, ServiceError


class TicketNotFound(ServiceError):
    """No such ticket, or none that this caller may know of."""

    kind: ClassVar = Kind.NOT_FOUND
    code: ClassVar = "ticket_not_found"
    title: ClassVar = "There is no such ticket"

    def __init__(self) -> None:
        super().__init__("The address is not complete, or a newer link has taken its place.")


class AddressInvalid(ServiceError):
    """The e-mail address is none."""

    code: ClassVar = "email_invalid"
    title: ClassVar = "The e-mail address is not valid"

    def __init__(self, why: str) -> None:
        super().__init__(
            f"We cannot write to this address: {why} Check it; it looks like name@example.com.", field="email"
        )


class OfferUnknown(ServiceError):
    """The product or currency is not on offer."""

    code: ClassVar = "offer_unknown"
    title: ClassVar = "This is not on offer"

    def __init__(self, field: str, value: str, valid: tuple[str, ...]) -> None:
        super().__init__(f"{value!r} is not on offer. Choose one of: {', '.join(valid)}.", field=field, valid=valid)


class LeaseLost(ServiceError):
    """The agent's right to this ticket has ended: time passed, or somebody else has it."""

    kind: ClassVar = Kind.CONFLICT
    code: ClassVar = "lease_lost"
    title: ClassVar = "You no longer have this ticket"

    def __init__(self, ticket_id: str) -> None:
        super().__init__(
            "Nothing was sent; your text is still here. Take the ticket again, or copy the text for whoever has it.",
            ticket_id=ticket_id,
        )


class TicketMovedOn(ServiceError):
    """The ticket is in a state in which this step makes no sense any more."""

    kind: ClassVar = Kind.CONFLICT
    code: ClassVar = "ticket_moved_on"
    title: ClassVar = "The ticket has moved on"

    def __init__(self, ticket_id: str, state: str, cure: str) -> None:
        super().__init__(cure, ticket_id=ticket_id, state=state)


class TextMissing(ServiceError):
    """A step that needs words came without."""

    code: ClassVar = "text_missing"
    title: ClassVar = "Some words are missing"

    def __init__(self, message: str, field: str = "text") -> None:
        super().__init__(message, field=field)


class NothingToPay(ServiceError):
    """A payment was asked for where none is wanted or possible."""

    kind: ClassVar = Kind.CONFLICT
    code: ClassVar = "nothing_to_pay"
    title: ClassVar = "There is nothing to pay"

    def __init__(self, ticket_id: str) -> None:
        super().__init__("Look at the ticket again: it is paid, answered or ended.", ticket_id=ticket_id)


class MailServerUnavailable(ServiceError):
    """The mail server does not answer, or says later: the mail waits."""

    kind: ClassVar = Kind.UNAVAILABLE
    code: ClassVar = "mail_server_unavailable"
    title: ClassVar = "The mail server does not answer"


class MailRefused(ServiceError):
    """The mail server refused this mail for good."""

    kind: ClassVar = Kind.REFUSED
    code: ClassVar = "mail_refused"
    title: ClassVar = "The mail server refused the mail"

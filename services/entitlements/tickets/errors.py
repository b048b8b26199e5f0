"""What is refused about tickets."""

from shared.errors import Kind, ServiceError


class TicketBelongsToAnother(ServiceError):
    """A decision was asked again for a ticket, with another requester."""

    kind = Kind.CONFLICT
    code = "ticket_belongs_to_another"
    title = "The ticket was decided for another requester"

    def __init__(self, ticket_id: str) -> None:
        super().__init__(
            "Ask with the address that the ticket was opened with.", field="requester_email", ticket_id=ticket_id
        )


class TicketNotDecided(ServiceError):
    """Something happened to a ticket about which nobody has asked yet."""

    kind = Kind.UNAVAILABLE
    code = "ticket_not_decided"
    title = "The ticket is not known yet"

    def __init__(self, ticket_id: str) -> None:
        super().__init__("Send the event again after asking for a decision.", ticket_id=ticket_id)

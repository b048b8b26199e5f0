"""What is refused about payments."""

from typing import ClassVar

from shared.errors import Kind, ServiceError


class NothingToPay(ServiceError):
    """A payment was asked for where none is wanted or possible."""

    kind: ClassVar = Kind.CONFLICT
    code: ClassVar = "nothing_to_pay"
    title: ClassVar = "There is nothing to pay"

    def __init__(self, ticket_id: str) -> None:
        super().__init__("Look at the ticket again: it is paid, answered or ended.", ticket_id=ticket_id)

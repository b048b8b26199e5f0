"""What is refused about payments."""

from typing import ClassVar

from shared.errors import Kind, ServiceError
from shared.language import N_


class NothingToPay(ServiceError):
    """A payment was asked for where none is wanted or possible."""

    kind: ClassVar = Kind.CONFLICT
    code: ClassVar = "nothing_to_pay"
    title: ClassVar = N_("There is nothing to pay")

    def __init__(self, ticket_id: str) -> None:
        super().__init__(N_("Look at the ticket again: it is paid, answered or ended."), ticket_id=ticket_id)

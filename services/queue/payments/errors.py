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


class IncidentNotUsable(ServiceError):
    """An incident was to be used where it would buy nothing any more."""

    kind: ClassVar = Kind.CONFLICT
    code: ClassVar = "incident_not_usable"
    title: ClassVar = N_("No incident was used")

    def __init__(self, ticket_id: str) -> None:
        super().__init__(N_("It was answered or ended meanwhile: look at the ticket again."), ticket_id=ticket_id)

"""What is refused about decisions."""

from shared.errors import Kind, ServiceError


class DecisionNotFound(ServiceError):
    """Nobody asked about this ticket."""

    kind = Kind.NOT_FOUND
    code = "decision_not_found"
    title = "There is no decision for this ticket"

    def __init__(self, ticket_id: str) -> None:
        super().__init__("Ask for one with POST /v1/decisions.", ticket_id=ticket_id)

"""What is refused about purchases."""

from collections.abc import Sequence

from shared.errors import Kind, ServiceError


class UnknownResponseClass(ServiceError):
    """An order bought a class that the policy in force does not have. Billing keeps the event, parked."""

    kind = Kind.INVALID
    code = "unknown_response_class"
    title = "The policy has no such response class"

    def __init__(self, class_id: str, known: Sequence[str]) -> None:
        super().__init__(
            f"Add {class_id!r} to the policy of entitlements, or sell what it has ({', '.join(known)}); then send the "
            "event again.",
            field="response_class",
            response_class=class_id,
        )

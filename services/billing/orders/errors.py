"""What is refused about orders."""

from typing import ClassVar

from shared.errors import Kind, ServiceError
from shared.language import N_


class OrderNotFound(ServiceError):
    """There is no such order."""

    kind = Kind.NOT_FOUND
    code = "order_not_found"
    title = N_("There is no such order")

    def __init__(self, order_id: str) -> None:
        super().__init__(N_("There is no such order. Check the id."), order_id=order_id)


class OrderBusy(ServiceError):
    """Somebody else works on the order just now, for longer than one may wait."""

    kind = Kind.UNAVAILABLE
    code = "order_busy"
    title = N_("The order is being worked on")
    answered: ClassVar[bool] = True
    """It says nothing of Stripe: other orders go on."""

    def __init__(self) -> None:
        super().__init__(N_("The payment is being looked up at Stripe just now. Try again in a moment."))

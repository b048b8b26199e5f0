"""What is refused about customers' orders."""

from shared.errors import Kind, ServiceError
from shared.language import N_


class NothingToDecide(ServiceError):
    """The order waits for nobody's decision."""

    kind = Kind.CONFLICT
    code = "nothing_to_decide"
    title = N_("This order waits for no decision")

    def __init__(self, order_id: str) -> None:
        super().__init__(N_("This order waits for no decision any more. Load the page again."), order_id=order_id)

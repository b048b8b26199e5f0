"""What is refused about traces."""

from shared.errors import Kind, ServiceError
from shared.language import N_


class ChargeNotFound(ServiceError):
    """Neither our mirror nor Stripe knows that charge."""

    kind = Kind.NOT_FOUND
    code = "charge_not_found"
    title = N_("There is no such charge")

    def __init__(self, charge_id: str) -> None:
        super().__init__(N_("We have not seen a charge of that id. Check the id."), charge_id=charge_id)

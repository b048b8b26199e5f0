"""What is refused while a ticket is opened."""

from typing import ClassVar

from shared.errors import ServiceError
from shared.language import N_


class OfferUnknown(ServiceError):
    """The product or currency is not on offer."""

    code: ClassVar = "offer_unknown"
    title: ClassVar = N_("This is not on offer")

    def __init__(self, field: str, value: str, valid: tuple[str, ...]) -> None:
        words = N_("“%(value)s” is not on offer. Choose one of: %(valid)s.")
        super().__init__(words, field=field, value=value, valid=list(valid))

"""What is refused while a ticket is opened."""

from typing import ClassVar

from shared.errors import ServiceError


class AddressInvalid(ServiceError):
    """The e-mail address is none."""

    code: ClassVar = "email_invalid"
    title: ClassVar = "The e-mail address is not valid"

    def __init__(self, why: str) -> None:
        super().__init__(
            f"We cannot write to this address: {why} Check it; it looks like name@example.com.", field="email"
        )


class OfferUnknown(ServiceError):
    """The product or currency is not on offer."""

    code: ClassVar = "offer_unknown"
    title: ClassVar = "This is not on offer"

    def __init__(self, field: str, value: str, valid: tuple[str, ...]) -> None:
        super().__init__(f"{value!r} is not on offer. Choose one of: {', '.join(valid)}.", field=field, valid=valid)

"""An e-mail address in what programs send: read by the one rule of `email_address.py`, loaded in its normal form."""

from collections.abc import Mapping
from typing import Any

from marshmallow import ValidationError, fields

from shared.email_address import AddressInvalid, normal_address


class EmailAddress(fields.String):
    """A text that is an e-mail address. What is loaded is how it is written to."""

    def __init__(self, **more: Any) -> None:
        metadata = {"format": "email"} | dict(more.pop("metadata", {}))
        super().__init__(metadata=metadata, **more)

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **more: Any) -> str:
        text = super()._deserialize(value, attr, data, **more)
        try:
            return normal_address(text)
        except AddressInvalid as error:
            raise ValidationError(f"{error.message} {error.facts['why']}") from error

"""What is refused about the catalog."""

from shared.errors import Kind, ServiceError


class CatalogNotPushed(ServiceError):
    """Stripe answers that it has made a price, and does not have it."""

    kind = Kind.UNAVAILABLE
    code = "catalog_not_pushed"
    title = "A price of the catalog is not at Stripe"

    def __init__(self, lookup_key: str) -> None:
        super().__init__(
            "Stripe has no active price under %(lookup_key)s, and repeats an old answer. Try again tomorrow.",
            lookup_key=lookup_key,
        )

"""What is refused about webhooks."""

from shared.errors import Kind, ServiceError
from shared.language import N_


class WebhookNotAuthentic(ServiceError):
    """The request does not come from Stripe, or not now. Answered 400, as Stripe expects."""

    kind = Kind.INVALID
    code = "webhook_not_authentic"
    title = N_("This webhook cannot be believed")

    @property
    def status(self) -> int:
        """400: it is the request that is malformed, not a field of it."""
        return 400

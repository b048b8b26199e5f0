"""What Stripe's refusals and its silence mean for us."""

from typing import Any

from shared.errors import Kind, ServiceError
from shared.language import N_


class StripeRefused(ServiceError):
    """Stripe understood and said no: nothing was done, and the same request will be refused again."""

    kind = Kind.CONFLICT
    code = "stripe_refused"
    title = N_("Stripe refused")

    def __init__(self, message: str, *, stripe_code: str | None = None, **facts: Any) -> None:
        super().__init__(message, stripe_code=stripe_code, **facts)
        self.stripe_code = stripe_code


class StripeObjectMissing(StripeRefused):
    """Stripe has no object of that id."""

    code = "stripe_object_missing"
    title = N_("Stripe does not know this object")


class StripeSilent(ServiceError):
    """Stripe did not do what was asked, or did not say so. `answered`: whether it said anything at all."""

    kind = Kind.UNAVAILABLE

    def __init__(self, message: str, *, answered: bool, **facts: Any) -> None:
        super().__init__(message, **facts)
        self.answered = answered


class StripeUnavailable(StripeSilent):
    """Stripe did not do it, and says so: busy, or our key is not accepted. The same request may succeed later."""

    code = "stripe_unavailable"
    title = N_("Stripe does not answer")


class StripeOutcomeUnknown(StripeSilent):
    """No reply: Stripe may have done it or not. Ask again with the same key, never with a new one.

    Unless it is `saved`: Stripe has failed under this key, and says so again for a day whenever it is asked.
    """

    code = "stripe_outcome_unknown"
    title = N_("Stripe has not told us the outcome")

    def __init__(self, message: str, *, answered: bool, saved: bool = False, **facts: Any) -> None:
        super().__init__(message, answered=answered, **facts)
        self.saved = saved

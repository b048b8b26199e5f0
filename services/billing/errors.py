"""The refusals of billing, each with the facts that the caller needs."""

from collections.abc import Iterable
from typing import Any

from shared.errors import Kind, ServiceError


class UnknownProduct(ServiceError):
    """Nothing of that name can be bought."""

    kind = Kind.INVALID
    code = "unknown_product"
    title = "This product cannot be bought"

    def __init__(self, product: str, valid: Iterable[str]) -> None:
        choices = list(valid)
        message = f"{product!r} cannot be bought. Choose one of {', '.join(choices)}."
        super().__init__(message, field="product", product=product, valid=choices)


class UnknownCurrency(ServiceError):
    """Nothing is sold in that currency."""

    kind = Kind.INVALID
    code = "unknown_currency"
    title = "Nothing is sold in this currency"

    def __init__(self, currency: str, valid: Iterable[str]) -> None:
        choices = list(valid)
        message = f"{currency!r} is not a currency of our prices. Choose one of {', '.join(choices)}."
        super().__init__(message, field="currency", currency=currency, valid=choices)


class OrderNotFound(ServiceError):
    """There is no such order."""

    kind = Kind.NOT_FOUND
    code = "order_not_found"
    title = "There is no such order"

    def __init__(self, order_id: str) -> None:
        super().__init__("There is no such order. Check the id.", order_id=order_id)


class OrderBusy(ServiceError):
    """Somebody else works on the order just now, for longer than one may wait."""

    kind = Kind.UNAVAILABLE
    code = "order_busy"
    title = "The order is being worked on"

    def __init__(self) -> None:
        super().__init__("The payment is being looked up at Stripe just now. Try again in a moment.")


class OrderAlreadyOpen(ServiceError):
    """The ticket already has an open order for something else."""

    kind = Kind.CONFLICT
    code = "order_already_open"
    title = "This ticket already has an open order"

    def __init__(self, *, order_id: str, product: str, currency: str, checkout_url: str | None) -> None:
        super().__init__(
            f"This ticket already has an open order for {product} in {currency}. Pay that, or wait until it expires.",
            order_id=order_id, product=product, currency=currency, checkout_url=checkout_url,
        )  # fmt: skip


class CatalogOutOfStep(ServiceError):
    """Stripe has no price for what our catalog sells, or another one."""

    kind = Kind.UNAVAILABLE
    code = "catalog_out_of_step"
    title = "This price is not ready at Stripe"

    def __init__(self, lookup_key: str, *, found: str) -> None:
        super().__init__(
            f"Stripe has {found} under {lookup_key}. An operator runs: python -m services.billing push-catalog",
            lookup_key=lookup_key,
        )


class WebhookNotAuthentic(ServiceError):
    """The request does not come from Stripe, or not now. Answered 400, as Stripe expects."""

    kind = Kind.INVALID
    code = "webhook_not_authentic"
    title = "This webhook cannot be believed"

    @property
    def status(self) -> int:
        """400: it is the request that is malformed, not a field of it."""
        return 400


class ChargeNotFound(ServiceError):
    """Neither our mirror nor Stripe knows that charge."""

    kind = Kind.NOT_FOUND
    code = "charge_not_found"
    title = "There is no such charge"

    def __init__(self, charge_id: str) -> None:
        super().__init__("We have not seen a charge of that id. Check the id.", charge_id=charge_id)


class ReconciliationNotFound(ServiceError):
    """There is no such run."""

    kind = Kind.NOT_FOUND
    code = "reconciliation_not_found"
    title = "There is no such reconciliation"

    def __init__(self, reconciliation_id: str) -> None:
        super().__init__("There is no such reconciliation. Check the id.", reconciliation_id=reconciliation_id)


class DayNotBegun(ServiceError):
    """The day lies in the future: there is nothing to compare."""

    kind = Kind.INVALID
    code = "day_not_begun"
    title = "This day has not begun"

    def __init__(self, day: str) -> None:
        super().__init__(f"{day} has not begun yet. Choose today or a day before.", field="date", date=day)


class StripeRefused(ServiceError):
    """Stripe understood and said no: nothing was done, and the same request will be refused again."""

    kind = Kind.CONFLICT
    code = "stripe_refused"
    title = "Stripe refused"

    def __init__(self, message: str, *, stripe_code: str | None = None, **facts: Any) -> None:
        super().__init__(message, stripe_code=stripe_code, **facts)
        self.stripe_code = stripe_code


class StripeObjectMissing(StripeRefused):
    """Stripe has no object of that id."""

    code = "stripe_object_missing"
    title = "Stripe does not know this object"


class StripeUnavailable(ServiceError):
    """Stripe did not do it, and says so: busy, or our key is not accepted. The same request may succeed later."""

    kind = Kind.UNAVAILABLE
    code = "stripe_unavailable"
    title = "Stripe does not answer"


class StripeOutcomeUnknown(ServiceError):
    """No reply: Stripe may have done it or not. Ask again with the same key, never with a new one."""

    kind = Kind.UNAVAILABLE
    code = "stripe_outcome_unknown"
    title = "Stripe has not told us the outcome"


STRIPE_SILENT = (StripeUnavailable, StripeOutcomeUnknown)
"""Stripe does not answer: whoever works through a list stops there, and does not wait for each line of it."""

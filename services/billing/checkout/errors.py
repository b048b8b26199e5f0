"""What is refused about buying."""

from collections.abc import Iterable
from typing import ClassVar

from shared.errors import Kind, ServiceError
from shared.language import N_
from shared.money import Money


class UnknownProduct(ServiceError):
    """Nothing of that name can be bought."""

    kind = Kind.INVALID
    code = "unknown_product"
    title = N_("This product cannot be bought")

    def __init__(self, product: str, valid: Iterable[str]) -> None:
        choices = list(valid)
        message = N_("'%(product)s' cannot be bought. Choose one of %(valid)s.")
        super().__init__(message, field="product", product=product, valid=choices)


class UnknownCurrency(ServiceError):
    """Nothing is sold in that currency."""

    kind = Kind.INVALID
    code = "unknown_currency"
    title = N_("Nothing is sold in this currency")

    def __init__(self, currency: str, valid: Iterable[str]) -> None:
        choices = list(valid)
        message = N_("'%(currency)s' is not a currency of our prices. Choose one of %(valid)s.")
        super().__init__(message, field="currency", currency=currency, valid=choices)


class OrderAlreadyOpen(ServiceError):
    """The ticket already has an open order for something else."""

    kind = Kind.CONFLICT
    code = "order_already_open"
    title = N_("This ticket already has an open order")

    def __init__(self, *, order_id: str, product: str, currency: str, checkout_url: str | None) -> None:
        super().__init__(
            N_(
                "This ticket already has an open order for %(product)s in %(currency)s. "
                "Pay that, or wait until it expires."
            ),
            order_id=order_id,
            product=product,
            currency=currency,
            checkout_url=checkout_url,
        )


class CatalogOutOfStep(ServiceError):
    """Stripe has no price for what our catalog sells, or another one."""

    kind = Kind.UNAVAILABLE
    code = "catalog_out_of_step"
    title = N_("This price is not ready at Stripe")
    answered: ClassVar[bool] = True
    """Stripe did answer: other orders go on."""

    def __init__(self, lookup_key: str, *, found: Money | None) -> None:
        if found is None:
            message = N_(
                "Stripe has no price under %(lookup_key)s. An operator runs: python -m services.billing push-catalog"
            )
        else:
            message = N_(
                "Stripe has %(amount_minor)s %(currency)s (minor units) under %(lookup_key)s. "
                "An operator runs: python -m services.billing push-catalog"
            )
        price = {} if found is None else {"amount_minor": str(found.amount_minor), "currency": found.currency}
        super().__init__(message, lookup_key=lookup_key, **price)

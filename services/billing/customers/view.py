"""What the pages say of a customer, in words."""

from typing import Any

from services.billing.accounts.account import Account
from services.billing.catalog.catalog import Catalog
from services.billing.customers.look_up import Customer
from services.billing.orders.order import OrderState
from services.billing.orders.view import parked_sentence, state_words
from shared.language import gettext as _
from shared.language import ngettext


def headline(account: Account) -> str:
    """Who it is, in one sentence."""
    if account.is_company:
        return ngettext(
            "%(company)s is a company with one person.",
            "%(company)s is a company with %(num)s people.",
            len(account.contact_emails),
            company=account.label,
        )
    if account.merged_into is not None:
        return _("This account has become a part of a company.")
    return _("%(person)s buys alone.", person=account.label)


def order_lines(customer: Customer, catalog: Catalog) -> list[dict[str, Any]]:
    """The orders as the table shows them."""
    lines = []
    for order in customer.orders:
        product = catalog.find(order.product)
        lines.append(
            {
                "order": order,
                "product": product.name if product else order.product,
                "state": order.state,
                "state_words": state_words(order.state),
                "trouble": parked_sentence(order.parked) if order.parked else None,
                "to_decide": order.parked is not None and order.state in {OrderState.DRAFT, OrderState.OPEN},
                "payments": customer.payments.get(order.order_id, ()),
            }
        )
    return lines

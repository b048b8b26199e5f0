"""Line items of a checkout session: what is bought, how often, and what it comes to in the session's currency."""

from sandbox.stripe.checks import Check, Need, boolean, currency, integer, metadata, shape, text
from sandbox.stripe.errors import Json, invalid
from sandbox.stripe.ids import new_id
from sandbox.stripe.resources.prices import PRODUCT_DATA, TAX_BEHAVIOR, UNIT_AMOUNT, new_price, unit_amount_decimal
from sandbox.stripe.views import show
from sandbox.stripe.work import Work

LINE_ITEM: dict[str, Check | Need] = {
    "adjustable_quantity": shape({"enabled": Need(boolean)}),
    "metadata": metadata,
    "price": text(),
    "price_data": shape(
        {
            "currency": Need(currency),
            "product": text(),
            "product_data": shape({**PRODUCT_DATA, "description": text()}),
            "tax_behavior": TAX_BEHAVIOR,
            "unit_amount": UNIT_AMOUNT,
            "unit_amount_decimal": unit_amount_decimal,
        }
    ),
    "quantity": integer(least=1, most=999_999),
}


def new_line_items(work: Work, asked: list[Json], chosen_currency: str | None) -> tuple[list[Json], str]:
    """The items as Stripe shows them, and the one currency of the session."""
    if not asked:
        raise invalid("The `line_items` parameter is required in payment mode.", param="line_items")
    items = []
    for index, entry in enumerate(asked):
        param = f"line_items[{index}]"
        if ("price" in entry) == ("price_data" in entry):
            raise invalid(f"Exactly one of `price` or `price_data` is required for {param}.", param=param)
        if entry.get("adjustable_quantity", {}).get("enabled"):
            raise invalid(
                "Stripe's stand-in does not implement adjustable quantities.", param=f"{param}[adjustable_quantity]"
            )
        price = _price(work, entry, param)
        items.append(_item(work, price, entry.get("quantity"), chosen_currency, param))
    currencies = {item["currency"] for item in items}
    if len(currencies) > 1:
        raise invalid(
            "All line items must have the same currency. The line items you provided use the following currencies: "
            f"{', '.join(sorted(currencies))}.",
            param="line_items",
        )
    return items, currencies.pop()


def _price(work: Work, entry: Json, param: str) -> Json:
    if "price" not in entry:
        return new_price(work, entry["price_data"] | {"active": False})
    price = work.must("price", entry["price"], param=f"{param}[price]")
    if not price["active"]:
        raise invalid(
            "The price specified is inactive. This field only accepts active prices.",
            param=f"{param}[price]",
            code="price_inactive",
        )
    if price["type"] == "recurring":
        raise invalid(
            "You specified `payment` mode but passed a recurring price. Either switch to `subscription` mode or use "
            "only one-time prices."
        )
    return price


def _item(work: Work, price: Json, quantity: int | None, chosen_currency: str | None, param: str) -> Json:
    if quantity is None:
        raise invalid(f"Quantity is required. Add `quantity` to `{param}`.", param=f"{param}[quantity]")
    currency_code = chosen_currency or price["currency"]
    option = price["_currency_options"].get(currency_code)
    if option is None:
        raise invalid(
            f"The price {price['id']} has no `currency_options` for {currency_code}; it is in {price['currency']}.",
            param="currency",
        )
    product = work.must("product", price["product"])
    amount = option["unit_amount"] * quantity
    return {
        "id": new_id("li"),
        "object": "item",
        "adjustable_quantity": None,
        "amount_discount": 0,
        "amount_subtotal": amount,
        "amount_tax": 0,
        "amount_total": amount,
        "currency": currency_code,
        "description": product["name"],
        "metadata": {},
        "price": show(work, price),
        "quantity": quantity,
        "_product_description": product["description"],
        "_unit_amount": option["unit_amount"],
    }

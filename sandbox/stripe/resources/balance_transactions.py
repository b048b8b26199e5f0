"""Balance transactions: retrieve and list; Stripe alone makes them."""

from collections.abc import Mapping

from sandbox.stripe.checks import PAGE, currency, text, time_range
from sandbox.stripe.errors import Json
from sandbox.stripe.listing import filters, list_page
from sandbox.stripe.resources.every_resource import retrieval
from sandbox.stripe.work import Operation, Work


def _list(work: Work, _path: Mapping[str, str], params: Json) -> Json:
    conditions = filters(params, "currency", "source", "type")
    return list_page(work, "balance_transaction", "/v1/balance_transactions", params, conditions)


OPERATIONS = (
    Operation(
        method="GET",
        path="/v1/balance_transactions",
        params={**PAGE, "created": time_range, "currency": currency, "source": text(), "type": text()},
        handle=_list,
    ),
    retrieval("/v1/balance_transactions/{id}", "balance_transaction"),
)

"""Balance transactions: retrieve and list; Stripe alone makes them."""

from collections.abc import Mapping

from sandbox.stripe.checks import PAGE, currency, text, time_range
from sandbox.stripe.errors import Json
from sandbox.stripe.every_resource import retrieval
from sandbox.stripe.listing import filters, list_page
from sandbox.stripe.payouts import itemized
from sandbox.stripe.registry import Resource, register
from sandbox.stripe.store import equals
from sandbox.stripe.work import Operation, Work


def _list(work: Work, _path: Mapping[str, str], params: Json) -> Json:
    conditions = filters(params, "currency", "source", "type")
    if "payout" in params:
        payout = work.must("payout", params["payout"], param="payout")
        conditions.append(equals("_payout", itemized(payout)))
    return list_page(work, "balance_transaction", "/v1/balance_transactions", params, conditions)


_OPERATIONS = (
    Operation(
        method="GET",
        path="/v1/balance_transactions",
        params={
            **PAGE,
            "created": time_range,
            "currency": currency,
            "payout": text(),
            "source": text(),
            "type": text(),
        },
        handle=_list,
    ),
    retrieval("/v1/balance_transactions/{id}", "balance_transaction"),
)


def _status(work: Work, shown: Json) -> Json:
    return shown | {"status": "available" if shown["available_on"] <= work.now else "pending"}


register(Resource(kind="balance_transaction", noun="balance transaction", operations=_OPERATIONS, computed=_status))

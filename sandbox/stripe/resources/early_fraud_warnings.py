"""Early fraud warnings: list and retrieve; networks alone make them."""

from collections.abc import Mapping

from sandbox.stripe.checks import PAGE, text, time_range
from sandbox.stripe.disputes import still_actionable
from sandbox.stripe.errors import Json
from sandbox.stripe.every_resource import retrieval
from sandbox.stripe.listing import filters, list_page
from sandbox.stripe.registry import Resource, register
from sandbox.stripe.work import Operation, Work

_KIND = "radar.early_fraud_warning"
_PATH = "/v1/radar/early_fraud_warnings"


def _list(work: Work, _path: Mapping[str, str], params: Json) -> Json:
    return list_page(work, _KIND, _PATH, params, filters(params, "charge", "payment_intent"))


register(
    Resource(
        kind=_KIND,
        noun="early fraud warning",
        operations=(
            Operation(
                method="GET",
                path=_PATH,
                params={**PAGE, "charge": text(), "created": time_range, "payment_intent": text()},
                handle=_list,
            ),
            retrieval(f"{_PATH}/{{early_fraud_warning}}", _KIND),
        ),
        computed=still_actionable,
    )
)

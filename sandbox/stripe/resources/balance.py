"""The balance: the sum of all balance transactions, and nothing else."""

from collections.abc import Mapping

from sandbox.stripe.balance import balance
from sandbox.stripe.checks import EXPAND
from sandbox.stripe.errors import Json
from sandbox.stripe.registry import Resource, register
from sandbox.stripe.views import show
from sandbox.stripe.work import Operation, Work


def _retrieve(work: Work, _path: Mapping[str, str], params: Json) -> Json:
    return show(work, balance(work), params.get("expand"))


register(
    Resource(
        kind="balance",
        operations=(Operation(method="GET", path="/v1/balance", params=EXPAND, handle=_retrieve),),
    )
)

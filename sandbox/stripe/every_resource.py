"""What all resources do alike: retrieve one, merge metadata."""

from collections.abc import Mapping

from sandbox.stripe.checks import EXPAND
from sandbox.stripe.errors import Json
from sandbox.stripe.views import show
from sandbox.stripe.work import Operation, Work


def retrieval(path: str, kind: str) -> Operation:
    """The operation that shows one object, named by the last segment of the path."""
    name = path[path.index("{") + 1 : path.index("}")]

    def retrieve(work: Work, ids: Mapping[str, str], params: Json) -> Json:
        return show(work, work.must(kind, ids[name]), params.get("expand"))

    return Operation(method="GET", path=path, params=EXPAND, handle=retrieve)


def merged_metadata(current: Mapping[str, str] | None, params: Json) -> dict[str, str]:
    """Metadata after an update: given keys replace, empty values remove, the empty text removes all."""
    if "metadata" not in params:
        return dict(current or {})
    given = params["metadata"]
    if given is None:
        return {}
    return {key: value for key, value in {**(current or {}), **given}.items() if value != ""}

"""Shows objects as Stripe replies them: own fields left out, what depends on the moment computed, `expand` followed."""

from typing import Any

from sandbox.stripe import names
from sandbox.stripe.errors import Json, invalid
from sandbox.stripe.registry import resource_of
from sandbox.stripe.work import Work

_DEEPEST = 4


def page(url: str, data: list[Json], *, has_more: bool = False) -> Json:
    """A list as Stripe shapes it."""
    return {"object": "list", "data": data, "has_more": has_more, "url": url}


def show(work: Work, stored: Json, expand: list[str] | None = None) -> Json:
    """The object as a reply has it, with the paths in `expand` (`latest_charge.balance_transaction`) resolved."""
    if stored.get("object") == "list":
        shown = stored
    else:
        shown = {name: value for name, value in stored.items() if not name.startswith("_")}
        compute = resource_of(shown["object"]).computed
        shown = compute(work, shown) if compute else shown
    for path in expand or []:
        segments = path.split(".")
        if len(segments) > _DEEPEST:
            raise invalid(
                f"You cannot expand more than {_DEEPEST} levels of a property (you tried {path})", param="expand"
            )
        shown = _expanded(work, shown, stored, segments, path)
    return shown


def _expanded(work: Work, shown: Any, stored: Json | None, segments: list[str], path: str) -> Any:
    """What stands here, expanded along the segments. `stored`: the object with its own fields, where at hand."""
    if not segments or shown is None:
        return shown
    name, *rest = segments
    if shown.get("object") == "list":
        if name != "data":
            raise _refusal(path)
        return shown | {"data": [_expanded(work, entry, None, rest, path) for entry in shown["data"]]}
    known = _known_field(shown.get("object", ""), segments)
    if known is None:
        if isinstance(shown.get(name), dict) and "object" in shown[name]:  # it is there in full already
            return shown | {name: _expanded(work, shown[name], None, rest, path)}
        raise _refusal(path)
    return _replaced(work, shown, stored, known.split("."), segments, path)


def _known_field(kind: str, segments: list[str]) -> str | None:
    """The longest beginning of the path that this kind can expand (`parent.subscription_details.subscription`)."""
    can = names.expandable(kind).keys() | resource_of(kind).on_demand.keys()
    beginnings = (".".join(segments[:length]) for length in range(len(segments), 0, -1))
    return next((beginning for beginning in beginnings if beginning in can), None)


def _replaced(work: Work, shown: Json, stored: Json | None, field: list[str], segments: list[str], path: str) -> Json:
    """The object with one field, however deep, replaced by the object that it names."""
    kind, rest = shown["object"], segments[len(field) :]
    on_demand = resource_of(kind).on_demand.get(".".join(field))
    if on_demand:
        current: Any = shown.get(field[0]) or on_demand(work, stored or work.must(kind, shown["id"]))
    else:
        current = _at(shown, field)
        if isinstance(current, str):
            current = _resolve(work, names.expandable(kind)[".".join(field)], current)
    return _with(shown, field, _expanded(work, current, None, rest, path))


def _at(shown: Json, field: list[str]) -> Any:
    current: Any = shown
    for name in field:
        current = current.get(name) if isinstance(current, dict) else None
    return current


def _with(shown: Json, field: list[str], value: Any) -> Json:
    name, *deeper = field
    if deeper and not isinstance(shown.get(name), dict):
        return shown  # Stripe leaves out what has no place here
    return shown | {name: _with(shown[name], deeper, value) if deeper else value}


def _resolve(work: Work, kinds: list[str], object_id: str) -> Json | str:
    for kind in kinds:
        found = work.tx.get(kind, object_id)
        if found is not None:
            return show(work, found)
    return object_id


def _refusal(path: str) -> Exception:
    return invalid(f"This property cannot be expanded ({path}).", param="expand")

"""Shows objects as Stripe replies them: own fields left out, what depends on the moment computed, `expand` followed."""

from collections.abc import Callable
from typing import Any

from sandbox.stripe.errors import Json, invalid
from sandbox.stripe.store import equals
from sandbox.stripe.work import Work

_DEEPEST = 4

# Which field of which kind names an object of which kind. Fields of kind None are built on demand (`_ON_DEMAND`).
EXPANDABLE: dict[str, dict[str, tuple[str, ...]]] = {
    "balance_transaction": {"source": ("charge", "refund")},
    "charge": {
        "balance_transaction": ("balance_transaction",),
        "customer": ("customer",),
        "failure_balance_transaction": ("balance_transaction",),
        "payment_intent": ("payment_intent",),
    },
    "checkout.session": {"customer": ("customer",), "payment_intent": ("payment_intent",)},
    "payment_intent": {
        "customer": ("customer",),
        "latest_charge": ("charge",),
        "payment_method": ("payment_method",),
    },
    "price": {"product": ("product",)},
    "refund": {
        "balance_transaction": ("balance_transaction",),
        "charge": ("charge",),
        "payment_intent": ("payment_intent",),
    },
}


def page(url: str, data: list[Json], *, has_more: bool = False) -> Json:
    """A list as Stripe shapes it."""
    return {"object": "list", "data": data, "has_more": has_more, "url": url}


def _charge_refunds(work: Work, charge: Json) -> Json:
    refunds = work.tx.select("refund", [equals("charge", charge["id"])])
    return page(f"/v1/charges/{charge['id']}/refunds", [show(work, refund) for refund in refunds[:10]])


def _session_line_items(work: Work, session: Json) -> Json:
    items = [show(work, item) for item in session["_line_items"]]
    return page(f"/v1/checkout/sessions/{session['id']}/line_items", items)


def _currency_options(_work: Work, price: Json) -> Json:
    options: Json = price["_currency_options"]
    return options


_ON_DEMAND: dict[tuple[str, str], Callable[[Work, Json], Json]] = {
    ("charge", "refunds"): _charge_refunds,
    ("checkout.session", "line_items"): _session_line_items,
    ("price", "currency_options"): _currency_options,
}


def _session(work: Work, shown: Json) -> Json:
    is_open = shown["status"] == "open"
    return shown | {"url": f"{work.public_url}/c/pay/{shown['id']}" if is_open else None}


def _balance_transaction(work: Work, shown: Json) -> Json:
    return shown | {"status": "available" if shown["available_on"] <= work.now else "pending"}


def _event(work: Work, shown: Json) -> Json:
    undelivered = work.tx.sql.execute(
        "SELECT count(DISTINCT endpoint_id) FROM deliveries WHERE event_id = ? AND state != 'delivered'", (shown["id"],)
    ).fetchone()
    return shown | {"pending_webhooks": int(undelivered[0])}


def _receipt(work: Work, shown: Json) -> Json:
    return shown | {"receipt_url": f"{work.public_url}/receipts/{shown['id']}" if shown["paid"] else None}


_COMPUTED: dict[str, Callable[[Work, Json], Json]] = {
    "balance_transaction": _balance_transaction,
    "charge": _receipt,
    "checkout.session": _session,
    "event": _event,
}


def show(work: Work, stored: Json, expand: list[str] | None = None) -> Json:
    """The object as a reply has it, with the paths in `expand` (`latest_charge.balance_transaction`) resolved."""
    if stored.get("object") == "list":
        shown = stored
    else:
        shown = {name: value for name, value in stored.items() if not name.startswith("_")}
        compute = _COMPUTED.get(shown["object"])
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
    if not segments or shown is None:
        return shown
    name, *rest = segments
    if shown.get("object") == "list":
        if name != "data":
            raise _refusal(path)
        return shown | {"data": [_expanded(work, entry, None, rest, path) for entry in shown["data"]]}
    kind = shown.get("object", "")
    on_demand = _ON_DEMAND.get((kind, name))
    if on_demand:
        current = shown.get(name) or on_demand(work, stored or work.must(kind, shown["id"]))
    elif name in EXPANDABLE.get(kind, {}):
        current = shown.get(name)
        if isinstance(current, str):
            current = _resolve(work, EXPANDABLE[kind][name], current)
    elif kind == "item" and name == "price":
        current = shown["price"]
    else:
        raise _refusal(path)
    return shown | {name: _expanded(work, current, None, rest, path)}


def _resolve(work: Work, kinds: tuple[str, ...], object_id: str) -> Json | str:
    for kind in kinds:
        found = work.tx.get(kind, object_id)
        if found is not None:
            return show(work, found)
    return object_id


def _refusal(path: str) -> Exception:
    return invalid(f"This property cannot be expanded ({path}).", param="expand")

"""Pages of a list as Stripe cuts them: newest first, `limit`, `starting_after`, `ending_before`, `has_more`."""

from collections.abc import Mapping, Sequence

from sandbox.stripe.errors import Json, invalid, no_such
from sandbox.stripe.registry import noun_of
from sandbox.stripe.store import Condition, equals
from sandbox.stripe.views import page, show
from sandbox.stripe.work import Work

_BOUNDS = {"gt": ">", "gte": ">=", "lt": "<", "lte": "<="}
_DEFAULT_LIMIT = 10


def created_within(bounds: Mapping[str, int] | None) -> list[Condition]:
    """Conditions for a `created` range."""
    return [(f"created {_BOUNDS[bound]} ?", (moment,)) for bound, moment in (bounds or {}).items()]


def filters(params: Json, *names: str) -> list[Condition]:
    """Conditions for the parameters that are compared with the field of the same name, and for `created`."""
    return created_within(params.get("created")) + [equals(name, params[name]) for name in names if name in params]


def list_page(work: Work, kind: str, url: str, params: Json, conditions: Sequence[Condition] = ()) -> Json:
    """One page of the kind's objects."""
    after, before = params.get("starting_after"), params.get("ending_before")
    if after and before:
        raise invalid("You can only use one of `starting_after` and `ending_before`.", param="ending_before")
    wanted = list(conditions)
    for param, cursor, relation in (("starting_after", after, "<"), ("ending_before", before, ">")):
        if cursor:
            position = work.tx.position(kind, cursor)
            if position is None:
                raise no_such(noun_of(kind), cursor, param=param, status=400)
            wanted.append((f"seq {relation} ?", (position,)))
    limit = params.get("limit", _DEFAULT_LIMIT)
    found = work.tx.select(kind, wanted, limit=limit + 1, newest_first=not before)
    shown = found[:limit][::-1] if before else found[:limit]
    reply = page(url, [show(work, stored) for stored in shown], has_more=len(found) > limit)
    return show(work, reply, params.get("expand"))

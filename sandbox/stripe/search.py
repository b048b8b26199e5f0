"""Stripe's search language over the stored objects (https://docs.stripe.com/search).

`email:'jo@example.com' AND metadata['order']:'o1'`: clauses joined by AND or by OR, never by both; `:` equals, `~`
contains, `>` `<` `>=` `<=` compare numbers, `-` before a clause turns it around, `null` asks for what is not set.
Stripe shows a new object in its search after a minute; here it is there at once.
"""

import re
from collections.abc import Collection, Mapping
from typing import Any

from sandbox.stripe.checks import EXPAND, Need, page_size, text
from sandbox.stripe.errors import Json, StripeError, invalid
from sandbox.stripe.store import Condition
from sandbox.stripe.views import show
from sandbox.stripe.work import Handle, Operation, Work

_CLAUSE = re.compile(
    r"""\s*(?P<turned>-)?(?P<field>[a-z_.]+)(?:\[(?P<mark>["'])(?P<key>[^"']+)(?P=mark)\])?\s*
    (?P<how><=|>=|:|~|<|>)\s*(?P<value>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|[\w.-]+)\s*""",
    re.VERBOSE,
)
_JOINT = re.compile(r"(AND|OR)\b|(?=\S)", re.IGNORECASE)
_SHORTEST_PART = 3


def searching(path: str, kind: str, fields: Collection[str]) -> Operation:
    """The operation that searches objects of a kind by these fields (and by `metadata`)."""
    return Operation(
        method="GET",
        path=path,
        params={**EXPAND, "limit": page_size, "page": text(), "query": Need(text())},
        handle=_handle(path, kind, frozenset(fields)),
    )


def _handle(path: str, kind: str, fields: frozenset[str]) -> Handle:
    def search(work: Work, _path: Mapping[str, str], params: Json) -> Json:
        conditions = [condition(params["query"], fields)]
        if (after := params.get("page")) is not None:
            position = work.tx.position(kind, after)
            if position is None:
                raise invalid("Invalid page token.", param="page")
            conditions.append(("seq < ?", (position,)))
        limit = params.get("limit", 10)
        found = work.tx.select(kind, conditions, limit=limit + 1)
        shown, more = found[:limit], len(found) > limit
        reply: Json = {"object": "search_result", "url": path, "has_more": more, "data": []}
        reply["data"] = [show(work, stored) for stored in shown]
        reply["next_page"] = shown[-1]["id"] if more else None
        listed = show(work, {"object": "list", "data": reply["data"]}, params.get("expand"))
        return reply | {"data": listed["data"]}

    return search


def condition(query: str, fields: frozenset[str]) -> Condition:
    """The query as a condition on stored objects. Raises Stripe's refusal where it cannot be read."""
    clauses: list[str] = []
    values: list[Any] = []
    joints: set[str] = set()
    at = 0
    while at < len(query):
        if clauses:
            joint = _JOINT.match(query, at)
            joints.add((joint[1] or "AND").upper() if joint else "AND")
            at = joint.end() if joint else at
        match = _CLAUSE.match(query, at)
        if match is None:
            raise invalid(f"We were unable to parse your search query. See it from here: {query[at:]!r}", param="query")
        clause, given = _clause(match, fields)
        clauses.append(clause)
        values.extend(given)
        at = match.end()
    if not clauses:
        raise invalid("A search query cannot be empty.", param="query")
    if len(joints) > 1:
        raise invalid("A search query cannot combine AND and OR.", param="query")
    glue = f" {joints.pop() if joints else 'AND'} "
    return f"({glue.join(clauses)})", values


def _clause(match: "re.Match[str]", fields: frozenset[str]) -> tuple[str, list[Any]]:
    name, key = match["field"], match["key"]
    if name != "metadata" and name not in fields:
        raise invalid(f"Field `{name}` is an unsupported search field.", param="query")
    if (name == "metadata") != (key is not None):
        raise invalid("Metadata is searched by its key, and only metadata is: metadata['key']:'value'.", param="query")
    place = f"$.{name}" + (f'."{key}"' if key is not None else "")
    stored = "json_extract(body, ?)"
    clause, values = _compared(stored, match["how"], _value(match["value"]), match["value"][0] in "\"'")
    return (f"NOT coalesce({clause}, 0)" if match["turned"] else f"coalesce({clause}, 0)"), [place, *values]


def _value(written: str) -> str:
    return re.sub(r"\\(.)", r"\1", written[1:-1]) if written[0] in "\"'" else written


def _compared(stored: str, how: str, value: str, quoted: bool) -> tuple[str, list[Any]]:  # noqa: FBT001 - private, one call
    if value == "null" and not quoted and how == ":":
        return f"{stored} IS NULL", []
    if how == ":":
        return f"lower(CAST({stored} AS TEXT)) = lower(?)", [{"true": "1", "false": "0"}.get(value, value)]
    if how == "~":
        if len(value) < _SHORTEST_PART:
            raise invalid(f"A substring must have {_SHORTEST_PART} characters at least.", param="query")
        return f"instr(lower(CAST({stored} AS TEXT)), lower(?)) > 0", [value]
    try:
        return f"{stored} {how} ?", [float(value)]
    except ValueError:
        raise _no_number(value) from None


def _no_number(value: str) -> StripeError:
    return invalid(f"{value!r} is no number: only numbers are compared by size.", param="query")

"""Credits: what was bought was granted, what was held was used once, and what was used is earned."""

from collections import Counter
from collections.abc import Iterator

from tests.chaos.witness import Truth, by

_EFFECTS = {
    "grant": {"available": 1},
    "hold": {"available": -1, "held": 1},
    "consume": {"held": -1, "consumed": 1},
    "release": {"held": -1, "available": 1},
    "restore": {"consumed": -1, "available": 1},
    "revoke": {"available": -1, "revoked": 1},
    "expire": {"available": -1, "expired": 1},
}
_COUNTERS = ("available", "held", "consumed", "expired", "revoked")


def each_settled_order_has_one_grant(truth: Truth) -> Iterator[str]:
    """With its credits; and there is no grant that nobody paid for."""
    given = by(truth.rows["entitlements"]["grants"], "source_id")
    settled = {row["order_id"]: row for row in truth.rows["billing"]["orders"] if row["state"] == "settled"}
    for order_id, order in settled.items():
        granted = [grant["granted"] for grant in given.get(order_id, [])]
        if granted != [order["credits"]]:
            yield f"{order_id} bought {order['credits']} credits and was granted {granted}"
    for order_id in given.keys() - settled.keys():
        yield f"{order_id} is not settled and was granted credits"


def counters_follow_their_entries(truth: Truth) -> Iterator[str]:
    """granted = available + held + consumed + expired + revoked, each the sum of its entries, none below zero."""
    entries = by(truth.rows["entitlements"]["credit_entries"], "grant_id")
    for grant in truth.rows["entitlements"]["grants"]:
        sums = Counter[str]()
        for entry in entries.get(grant["id"], []):
            for name, sign in _EFFECTS[entry["kind"]].items():
                sums[name] += sign * entry["credits"]
        stored = {name: grant[name] for name in _COUNTERS}
        if stored != {name: sums[name] for name in _COUNTERS}:
            yield f"{grant['id']} says {stored}, its entries {dict(sums)}"
        if sum(stored.values()) != grant["granted"] or min(stored.values()) < 0:
            yield f"{grant['id']} of {grant['granted']} does not add up: {stored}"


def a_ticket_uses_one_credit_at_most(truth: Truth) -> Iterator[str]:
    """Net of what was restored; and it holds one at most."""
    for ticket, entries in by(truth.rows["entitlements"]["credit_entries"], "ticket_id").items():
        kinds = Counter(entry["kind"] for entry in entries)
        used = kinds["consume"] - kinds["restore"]
        held = kinds["hold"] - kinds["consume"] - kinds["release"]
        if ticket is not None and (used not in (0, 1) or held not in (0, 1) or used + held > 1):
            yield f"{ticket} has used {used} and holds {held}: {dict(kinds)}"


def an_answer_uses_the_held_credit(truth: Truth) -> Iterator[str]:
    """Once a person has answered, nothing is held any more; and what nobody has answered uses nothing."""
    answered = {row["id"]: row["first_responded_at"] for row in truth.rows["queue"]["tickets"]}
    for ticket, entries in by(truth.rows["entitlements"]["credit_entries"], "ticket_id").items():
        kinds = Counter(entry["kind"] for entry in entries)
        if ticket is None:
            continue
        if answered.get(ticket) is not None and kinds["hold"] > kinds["consume"] + kinds["release"]:
            yield f"{ticket} was answered, and its credit is still held"
        if answered.get(ticket) is None and kinds["consume"]:
            yield f"{ticket} was not answered, and has used a credit"


def a_used_credit_is_earned(truth: Truth) -> Iterator[str]:
    """Each consumption is known to billing once, and its revenue is released once."""
    known = by(truth.rows["billing"]["consumptions"], "entry_id")
    released = Counter(
        row["source_id"] for row in truth.rows["billing"]["ledger_transactions"] if row["source_kind"] == "consumption"
    )
    for entry in truth.rows["entitlements"]["credit_entries"]:
        if entry["kind"] != "consume":
            continue
        rows = known.get(entry["id"], [])
        if len(rows) != 1 or rows[0]["released_at"] is None or released[entry["id"]] != 1:
            yield (
                f"{entry['id']} of {entry['ticket_id']} is known {len(rows)} times and earned"
                f" {released[entry['id']]} times"
            )

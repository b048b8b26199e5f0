"""Promises: each ticket has one, it only gets better, and all who tell it tell the same."""

from collections.abc import Iterator
from datetime import datetime
from itertools import pairwise

from tests.chaos.journal import Sight
from tests.chaos.witness import Row, Truth, by

_NO_PROMISE = "canceled"


def each_ticket_has_one(truth: Truth) -> Iterator[str]:
    """A class and a time, unless its customer has canceled it."""
    for row in truth.rows["queue"]["tickets"]:
        if row["respond_by"] is None and row["state"] != _NO_PROMISE:
            yield f"{row['id']} ({row['state']}, opened {row['opened_at']}) has no promise"


def the_class_never_falls_and_the_time_never_moves_later(truth: Truth) -> Iterator[str]:
    """Not in the trail of a ticket, and not in the decisions about it."""
    for ticket_id, entries in by(truth.rows["queue"]["audit_entries"], "aggregate_id").items():
        steps = [
            (entry["after"]["class_rank"], datetime.fromisoformat(entry["after"]["respond_by"]))
            for entry in sorted(entries, key=lambda row: row["number"])
            if entry["after"].get("class_rank") is not None
        ]
        yield from _only_better(ticket_id, steps)
    for ticket_id, rows in by(truth.rows["entitlements"]["decisions"], "ticket_id").items():
        in_order = sorted(rows, key=lambda row: row["sequence"])
        if [row["sequence"] for row in in_order] != list(range(1, len(rows) + 1)):
            yield f"the decisions on {ticket_id} are numbered {[row['sequence'] for row in in_order]}"
        yield from _only_better(ticket_id, [(row["rank"], row["respond_by"]) for row in in_order])


def _only_better(ticket_id: str, steps: list[tuple[int, datetime]]) -> Iterator[str]:
    for (rank, by_then), (next_rank, next_by) in pairwise(steps):
        if next_rank < rank or next_by > by_then:
            yield f"{ticket_id} fell from rank {rank} by {by_then} to rank {next_rank} by {next_by}"


def what_was_shown_is_kept(truth: Truth) -> Iterator[str]:
    """Nobody ever saw a better promise than the one that stands now."""
    ranks = {row["response_class"]: row["rank"] for row in truth.rows["entitlements"]["decisions"]}
    standing = {row["id"]: row for row in truth.rows["queue"]["tickets"]}
    for sight in dict.fromkeys(truth.journal.of(Sight)):
        row = standing.get(sight.ticket_id)
        if row is None or row["respond_by"] is None:
            yield f"{sight.ticket_id} was shown as {sight.response_class}, and has no promise any more"
            continue
        fell = ranks.get(sight.response_class, 0) > row["class_rank"]
        if fell or datetime.fromisoformat(sight.respond_by) < row["respond_by"]:
            yield f"{sight.ticket_id} was {sight.response_class} by {sight.respond_by}, now {_said(row)}"


def both_services_tell_the_same(truth: Truth) -> Iterator[str]:
    """The ticket has the last decision, where that came in time to count."""
    latest = {
        ticket_id: max(rows, key=lambda row: row["sequence"])
        for ticket_id, rows in by(truth.rows["entitlements"]["decisions"], "ticket_id").items()
    }
    for row in truth.rows["queue"]["tickets"]:
        decision = latest.get(row["id"])
        if row["state"] == _NO_PROMISE or row["respond_by"] is None:
            continue
        if decision is None:
            yield f"{row['id']} has a promise, and entitlements knows of none"
        elif decision["rank"] != row["class_rank"] or decision["respond_by"] < row["respond_by"]:
            yield f"{row['id']} is {_said(row)}, its decision {decision['response_class']} by {decision['respond_by']}"


def _said(row: Row) -> str:
    return f"{row['response_class']} by {row['respond_by']}"

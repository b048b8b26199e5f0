"""State machines written down as tables: which states an object of a kind begins in, and which moves Stripe makes.

A table is held against every write (`work.Work`): a move that it does not name is a bug of the stand-in and leaves
nothing behind. What Stripe *refuses* is refused by the resource before it, in Stripe's words.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from sandbox.stripe.errors import Json


class IllegalMoveError(Exception):
    """The stand-in was about to do what Stripe never does."""


@dataclass(frozen=True, kw_only=True)
class Machine:
    """The states of one kind. `moves`: from a state to those that may follow it; a state without any is final."""

    starts: frozenset[str]
    moves: Mapping[str, frozenset[str]]
    field: str = "status"

    def check_start(self, made: Json) -> None:
        """Refuse an object that begins in the middle of its life."""
        state = made[self.field]
        if state not in self.starts:
            raise IllegalMoveError(f"A new {made['object']} cannot be {state}; it begins as {sorted(self.starts)}.")

    def check_move(self, before: Json, after: Json) -> None:
        """Refuse a move that the table does not name; staying is no move."""
        was, becomes = before[self.field], after[self.field]
        if was != becomes and becomes not in self.moves.get(was, frozenset()):
            raise IllegalMoveError(f"{before['object']} {before['id']} is {was} and cannot become {becomes}.")


def machine(starts: str, field: str = "status", **moves: str) -> Machine:
    """A table in few words: `machine("open", open="complete expired")`. Words are separated by blanks."""
    table = {state: frozenset(following.split()) for state, following in moves.items()}
    return Machine(starts=frozenset(starts.split()), moves=table, field=field)

"""No write of the stand-in moves an object where Stripe never moves one, and each table is whole."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sandbox.stripe.machine import IllegalMoveError
from sandbox.stripe.registry import Resource, load
from sandbox.stripe.settings import Settings
from sandbox.stripe.world import World
from tests.support.stripe_document import document


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(Settings(host="", port=0, public_url="http://here", state_dir=tmp_path, api_key="sk_test_x"))
    yield made
    made.close()


def write(world: World, *documents: dict[str, Any]) -> None:
    with world.working() as work:
        for document in documents:
            work.put(document)


def test_a_move_that_stripe_never_makes_leaves_nothing_behind(world: World) -> None:
    refund = {"id": "re_1", "object": "refund", "created": 1, "status": "pending", "amount": 5}
    with world.working() as work:
        work.add(refund)
        work.put(refund | {"status": "canceled"})
    with pytest.raises(IllegalMoveError, match="is canceled and cannot become succeeded"):
        write(world, refund | {"status": "canceled", "amount": 6}, refund | {"status": "succeeded"})
    with world.looking() as work:
        assert work.must("refund", "re_1") == refund | {"status": "canceled"}


def test_nothing_begins_in_the_middle_of_its_life(world: World) -> None:
    session = {"id": "cs_1", "object": "checkout.session", "created": 1, "status": "complete"}
    with pytest.raises(IllegalMoveError, match="begins as"), world.working() as work:
        work.add(session)


@pytest.mark.parametrize("resource", [one for one in load() if one.machine], ids=lambda one: one.kind)
def test_each_state_is_one_that_the_document_names(resource: Resource) -> None:
    assert resource.machine is not None
    machine = resource.machine
    named = {*machine.starts, *machine.moves, *(state for states in machine.moves.values() for state in states)}
    schema = document()["components"]["schemas"][resource.kind]["properties"][machine.field]
    if "enum" in schema:  # some, as a refund's, are free text there
        assert named <= set(schema["enum"])

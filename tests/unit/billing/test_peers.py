"""What entitlements and queue say, as billing reads it."""

from typing import Any, cast

import pytest

from services.billing.gateways.entitlements import EntitlementsGateway
from services.billing.gateways.queue import QueueGateway
from shared.http import PeerUnavailable, ServiceClient
from tests.support.policy import PREMIUM


class Answers:
    """A peer that answers each question alike."""

    def __init__(self, answer: dict[str, Any]) -> None:
        self._answer = answer

    def get(self, _path: str, *, deadline_s: float) -> dict[str, Any]:
        assert deadline_s > 0
        return self._answer


def entitlements(answer: dict[str, Any]) -> EntitlementsGateway:
    return EntitlementsGateway(cast("ServiceClient", Answers(answer)))


def queue(answer: dict[str, Any]) -> QueueGateway:
    return QueueGateway(cast("ServiceClient", Answers(answer)))


def test_a_grant_names_the_tickets_that_had_one_of_its_credits() -> None:
    entries = [{"ticket_id": None}, {"ticket_id": "tkt_2"}, {"ticket_id": "tkt_1"}]
    answer = {"grants": [{"grant_id": "grt_1", "available": 3, "held": 1, "consumed": 1, "entries": entries}]}
    (grant,) = entitlements(answer).grants_of_order("ord_1", deadline_s=1)
    assert grant.ticket_ids == ("tkt_2", "tkt_1")
    assert (grant.available, grant.held, grant.consumed) == (3, 1, 1)


@pytest.mark.parametrize("text", [None, "", "yesterday", "2026-11-23T09:00:00", 5])
def test_what_is_no_time_counts_as_none(text: Any) -> None:
    ticket = queue({"number": 7, "opened_at": text}).ticket("tkt_1", deadline_s=1)
    assert (ticket.number, ticket.opened_at, ticket.state) == (7, None, None)


@pytest.mark.parametrize("answer", [{"grants": 5}, {"grants": ["grt_1"]}, {"grants": [{"available": "many"}]}])
def test_nonsense_from_entitlements_counts_as_no_answer(answer: dict[str, Any]) -> None:
    with pytest.raises(PeerUnavailable):
        entitlements(answer).grants_of_order("ord_1", deadline_s=1)


@pytest.mark.parametrize("answer", [{"number": "seven"}, {"minutes_to_first_response": "soon"}])
def test_nonsense_from_queue_counts_as_no_answer(answer: dict[str, Any]) -> None:
    with pytest.raises(PeerUnavailable):
        queue(answer).ticket("tkt_1", deadline_s=1)


@pytest.mark.parametrize("answer", [{}, {"items": 5}, {"policy_version": "1", "items": [{"target_minutes": 5}]}])
def test_classes_that_are_nonsense_are_not_known(answer: dict[str, Any]) -> None:
    assert entitlements(answer).response_classes() is None


def test_a_class_may_say_more_than_this_release_knows() -> None:
    line = {**PREMIUM, "respond_by": "soon"}
    known = entitlements({"policy_version": "1", "items": [line], "more": 1}).response_classes()
    assert known is not None
    assert known["premium"].target_minutes == 120

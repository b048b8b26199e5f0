"""A refusal's kind alone says its HTTP status and whether a job tries again."""

import pytest

from shared.errors import HTTP_STATUS, RETRY_JOB, Kind, ServiceError
from shared.http import PeerRefused, PeerUnavailable


@pytest.mark.parametrize("kind", Kind)
def test_each_kind_has_its_status_and_its_retry(kind: Kind) -> None:
    assert 400 <= HTTP_STATUS[kind] < 600
    assert RETRY_JOB[kind] == (kind is Kind.UNAVAILABLE)


def test_a_refusal_carries_its_facts() -> None:
    class TicketClosed(ServiceError):
        kind = Kind.CONFLICT
        code = "ticket_closed"

    refusal = TicketClosed("Open a new ticket.", field="ticket_id", ticket_id="tkt_1")
    assert (str(refusal), refusal.status, refusal.field) == ("Open a new ticket.", 409, "ticket_id")
    assert refusal.facts == {"ticket_id": "tkt_1"}


def test_a_silent_peer_may_answer_later_and_a_peer_that_says_no_does_not_change_its_mind() -> None:
    assert RETRY_JOB[PeerUnavailable("billing", "ReadTimeout").kind]
    refusal = PeerRefused("billing", 422, {"detail": "There is no product x."})
    assert not RETRY_JOB[refusal.kind]
    assert str(refusal) == "There is no product x."
    assert "billing refused with 422" in str(PeerRefused("billing", 422, {}))

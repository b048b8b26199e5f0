"""The reasons of a decision are worded for whoever reads them."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.entitlements.credits.credit import GrantFact
from services.entitlements.decisions.decision import Facts, decide, raised
from services.entitlements.policies.read import read_policy
from shared.reader import reading_in
from shared.reasons import REASONS
from shared.sentences import Sentence

FRIDAY = datetime(2026, 11, 27, 14, 0, tzinfo=UTC)


def words(language: str, **of_grant: Any) -> list[str]:
    """What the reader reads, after the reasons were stored and sent."""
    known = {"response_class": "premium", "rank": 20, "ticket_id": None, "available": 1, "expires_at": None}
    grant = GrantFact(grant_id="grt_1", granted_at=FRIDAY, **(known | of_grant))
    facts = Facts(ticket_id="tkt_1", opened_at=FRIDAY, requester_verified=True, grants=(grant,), at=FRIDAY)
    verdict = raised(decide(facts, read_policy()), 5, FRIDAY + timedelta(hours=1))
    assert verdict is not None
    with reading_in(language, "Europe/Berlin"):
        return [REASONS.show(Sentence.from_json(reason.as_json()), now=FRIDAY) for reason in verdict.reasons]


@pytest.mark.parametrize(
    ("language", "of_grant", "expected"),
    [
        (
            "en",
            {"ticket_id": "tkt_1"},
            [
                "You bought a priority incident for this question.",
                "A person answers within 2 hours, around the clock, counted from your payment (Fri 15:00 CET).",
                "The earlier time that was promised stays: Fri 16:00 CET.",
            ],
        ),
        (
            "en",
            {"available": 0},
            [
                "No priority incident is used for this question.",
                "A person answers within 24 hours, Monday to Friday, counted from your question (Fri 15:00 CET).",
                "The earlier time that was promised stays: Fri 16:00 CET.",
            ],
        ),
        (
            "de",
            {"response_class": "gold", "rank": 40},
            [
                "Für diese Frage setzen wir eine Ihrer bevorzugten Anfragen ein.",
                "Was Sie gekauft haben (gold), bieten wir nicht mehr an: Es gilt das Nächstbeste, das wir haben.",
                "Ein Mensch antwortet innerhalb von 2 Stunden, rund um die Uhr, gerechnet ab Ihrer Frage (FRI).",
                "Es bleibt bei der früher zugesagten Zeit: Fr., 16:00 Uhr MEZ.",
            ],
        ),
    ],
)
def test_a_reader_reads_why(language: str, of_grant: dict[str, Any], expected: list[str]) -> None:
    told = [reason.replace("Fr., 15:00 Uhr MEZ", "FRI") for reason in words(language, **of_grant)]
    assert told == expected

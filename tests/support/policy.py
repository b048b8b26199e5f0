"""What entitlements says of its response classes, in the shape of the contract; a test may sell a class of its own."""

import json
from typing import Any

from shared.contracts import ClassTargetsV1
from tests.support.peer import Answer

AROUND_THE_CLOCK = {
    "id": "around-the-clock",
    "names": {"en": "around the clock", "de": "rund um die Uhr"},
    "zone": "UTC",
}
WEEKDAYS = {"id": "weekdays", "names": {"en": "Monday to Friday"}, "zone": "Europe/Berlin"}


def promised(
    name: str, rank: int, minutes: int, sentence: str, calendar: dict[str, Any] = AROUND_THE_CLOCK
) -> dict[str, Any]:
    """A line of the policy: a class with what it promises."""
    told = {
        "id": name,
        "rank": rank,
        "taken_by": "senior" if rank > 1 else "everybody",
        "names": {"en": name.capitalize()},
        "sentences": {"en": sentence},
    }
    return {"response_class": told, "target_minutes": minutes, "calendar": calendar}


PREMIUM = promised("premium", 2, 120, "A senior agent takes it next.")
STANDARD = promised("standard", 1, 1440, "This is our standard answer time.", WEEKDAYS)


def policy(*lines: dict[str, Any]) -> Answer:
    """The answer to `GET /v1/response-classes`."""
    body = {"policy_version": "of-the-test", "items": list(lines)}
    assert ClassTargetsV1().validate(body) == {}
    return 200, json.dumps(body).encode()

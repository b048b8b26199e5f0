"""What an agent is writing about a ticket and has not sent."""

from dataclasses import dataclass, fields


@dataclass(frozen=True, kw_only=True)
class Draft:
    """The fields of the desk as they were last kept. `closed_form`: the token of the page that was sent since."""

    text: str = ""
    restated: str = ""
    note: str = ""
    why: str = ""
    closed_form: str = ""


FIELDS = tuple(field.name for field in fields(Draft) if field.name != "closed_form")
"""What people write; a page that does not have a field leaves it as it is."""
ANSWER = ("text", "restated")
NOTE = ("note",)
GIVING_BACK = ("why",)

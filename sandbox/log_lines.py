"""What the terminal shows of a part's log: who did what, and what went wrong. The log files keep all of it."""

import json
import re
from datetime import datetime
from typing import Any

_TOLD_IN_FORM = frozenset({"event", "level", "timestamp", "service", "request_id", "exception", "stack"})
_PARAMETER = re.compile(r"<[^>]+>")
_LONGEST = 160


def short(part: str, line: str, *, once: bool = False) -> str | None:
    """A line of a log as one short line, `10:20:55 queue POST /desk/…/answer 303 86 ms ana`; None for what is left out.

    Left out are what pages ask by themselves, and the good news of what runs once, such as a migration: it is told as
    done. What is no log line of a service, such as the words of a server, stands as it is behind the part's name.
    """
    try:
        told = json.loads(line)
        at = datetime.fromisoformat(told["timestamp"]).astimezone()
        event, level = str(told["event"]), str(told["level"])
    except (ValueError, TypeError, KeyError):
        return f"{part} {line}" if line else None
    if told.get("live") or (once and level == "info"):
        return None
    words = _request(told) if event == "request" else _event(event, level, told)
    return f"{at:%H:%M:%S} {part.removesuffix('-web')} {words}"


def _request(told: dict[str, Any]) -> str:
    route = _PARAMETER.sub("…", str(told.get("route"))) if told.get("route") != "none" else "(no such address)"
    took = f"{told.get('ms', 0):.0f} ms"
    return " ".join(filter(None, (told.get("method"), route, str(told.get("status")), took, told.get("caller"))))


def _event(event: str, level: str, told: dict[str, Any]) -> str:
    facts = " ".join(f"{name}={fact}" for name, fact in told.items() if name not in _TOLD_IN_FORM)
    words = " ".join(filter(None, (level.upper() if level != "info" else "", event, facts)))
    return "\n".join(filter(None, (words[:_LONGEST], told.get("exception"))))

"""How a due time reads in a mail: absolute, in the customer's zone, with the zone's name."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

DEFAULT_ZONE = "UTC"
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_PLAIN_WEEKDAY = timedelta(days=6)


def known_zone(name: str | None) -> str:
    """The IANA zone by that name, or UTC where a browser sent none or nonsense."""
    try:
        return ZoneInfo(name).key if name else DEFAULT_ZONE
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return DEFAULT_ZONE


def absolute(moment: datetime, zone: str, now: datetime) -> str:
    """`Tue 14:05 CET`; with the date (`Tue 24 Nov, 14:05 CET`) where the weekday alone could be mistaken."""
    local = moment.astimezone(ZoneInfo(known_zone(zone)))
    name = local.tzname() or ""
    zone_name = name if name[:1].isalpha() else f"UTC{name}"
    day = _DAYS[local.weekday()]
    if not timedelta(0) <= moment - now < _PLAIN_WEEKDAY:
        day = f"{day} {local.day} {_MONTHS[local.month - 1]},"
    return f"{day} {local:%H:%M} {zone_name}"

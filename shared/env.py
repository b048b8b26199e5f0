"""The only reader of the environment: a service's settings, complete or a refusal that names the variable."""

import json
import os
from collections.abc import Mapping
from typing import Any, NoReturn
from urllib.parse import urlsplit


class SettingsError(SystemExit):
    """The service does not start: the sentence names the variable and the cure."""


class Env:
    """Settings by name out of the environment (or of a mapping, in tests)."""

    def __init__(self, values: Mapping[str, str] | None = None) -> None:
        self._values = os.environ if values is None else values

    @staticmethod
    def _refuse(name: str, why: str) -> NoReturn:
        raise SettingsError(f"{name} {why}. Set {name} in the environment and start again.")

    def text(self, name: str, default: str | None = None) -> str:
        """The setting as it stands; an empty one counts as missing."""
        value = self._values.get(name, "").strip() or default
        if value is None:
            self._refuse(name, "is not set")
        return value

    def optional(self, name: str) -> str | None:
        """The setting, or None where it is missing or empty."""
        return self._values.get(name, "").strip() or None

    def integer(self, name: str, default: int) -> int:
        """A whole number."""
        value = self.text(name, str(default))
        try:
            return int(value)
        except ValueError:
            self._refuse(name, f"must be a whole number, not {value!r}")

    def url(self, name: str, default: str | None = None) -> str:
        """An address with scheme and host, without a slash at its end."""
        value = self.text(name, default)
        try:
            parts = urlsplit(value)
            complete = bool(parts.scheme and parts.hostname) and parts.port != 0
        except ValueError:  # a host or a port that is none
            complete = False
        if not complete:
            self._refuse(name, "must be an address such as http://host:port")
        return value.rstrip("/")

    def items(self, name: str) -> tuple[str, ...]:
        """A list with commas between; at least one item."""
        values = tuple(item.strip() for item in self.text(name).split(",") if item.strip())
        if not values:
            self._refuse(name, "is empty")
        return values

    def mapping(self, name: str, default: str | None = None) -> dict[str, Any]:
        """A JSON object."""
        try:
            value = json.loads(self.text(name, default))
        except json.JSONDecodeError:
            value = None
        if not isinstance(value, dict):
            self._refuse(name, "must be a JSON object")
        return value

    def secret(self, name: str, *, at_least: int = 16) -> str:
        """A secret without a default, long enough not to be guessed."""
        value = self.text(name)
        if len(value) < at_least:
            self._refuse(name, f"is too short: a secret has at least {at_least} characters")
        return value


def set_for_children(name: str, value: str) -> None:
    """Set a variable that a library reads in the processes that this one forks."""
    os.environ[name] = value

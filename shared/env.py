"""The only reader of the environment: a service's settings, complete or a refusal that names the variable.

Whoever reads a setting says in a sentence what it is for: `docs/settings.md` is made of these sentences.
"""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, NoReturn
from urllib.parse import urlsplit

Kind = Literal["text", "whole number", "address", "list", "JSON object"]


class SettingsError(SystemExit):
    """The service does not start: the sentence names the variable and the cure."""


@dataclass(frozen=True, kw_only=True)
class Setting:
    """One setting as the code that reads it describes it. `about` is a sentence for whoever runs the service."""

    name: str
    kind: Kind
    about: str
    default: str | None = None
    required: bool = True
    secret: bool = False


class Env:
    """Settings by name out of the environment (or of a mapping, in tests); `settings` are those that were read."""

    def __init__(self, values: Mapping[str, str] | None = None) -> None:
        self._values = os.environ if values is None else values
        self.settings: dict[str, Setting] = {}

    def given(self, setting: Setting) -> str | None:
        """What the environment says, else the default; an empty value counts as missing."""
        self.settings[setting.name] = setting
        return self._values.get(setting.name, "").strip() or setting.default

    def text(self, name: str, about: str, *, default: str | None = None, secret: bool = False) -> str:
        """The setting as it stands."""
        return self._needed("text", name, about, default, secret=secret)

    def optional(self, name: str, about: str, *, secret: bool = False) -> str | None:
        """The setting as it stands, or None where it is missing."""
        return self.given(Setting(name=name, kind="text", about=about, required=False, secret=secret))

    def integer(self, name: str, about: str, *, default: int, at_least: int | None = None) -> int:
        """A whole number."""
        value = self._needed("whole number", name, about, str(default))
        try:
            number = int(value)
        except ValueError:
            self._refuse(name, f"must be a whole number, not {value!r}")
        if at_least is not None and number < at_least:
            self._refuse(name, f"must be {at_least} or more, not {number}")
        return number

    def url(self, name: str, about: str, *, default: str | None = None, secret: bool = False) -> str:
        """An address with scheme and host, without a slash at its end. Secret where a password stands in it."""
        return self._address(name, self._needed("address", name, about, default, secret=secret))

    def optional_url(self, name: str, about: str) -> str | None:
        """An address as above, or None where it is missing."""
        value = self.given(Setting(name=name, kind="address", about=about, required=False))
        return None if value is None else self._address(name, value)

    def items(self, name: str, about: str, *, default: str | None = None, secret: bool = False) -> tuple[str, ...]:
        """A list with commas between; at least one item."""
        listed = self._needed("list", name, about, default, secret=secret)
        values = tuple(item.strip() for item in listed.split(",") if item.strip())
        if not values:
            self._refuse(name, "is empty")
        return values

    def mapping(self, name: str, about: str, *, default: str | None = None, secret: bool = False) -> dict[str, Any]:
        """A JSON object."""
        try:
            value = json.loads(self._needed("JSON object", name, about, default, secret=secret))
        except json.JSONDecodeError:
            value = None
        if not isinstance(value, dict):
            self._refuse(name, "must be a JSON object")
        return value

    def secret(self, name: str, about: str, *, at_least: int = 16) -> str:
        """A secret without a default, long enough not to be guessed."""
        value = self._needed("text", name, about, secret=True)
        if len(value) < at_least:
            self._refuse(name, f"is too short: a secret has at least {at_least} characters")
        return value

    def _needed(self, kind: Kind, name: str, about: str, default: str | None = None, *, secret: bool = False) -> str:
        setting = Setting(name=name, kind=kind, about=about, default=default, required=default is None, secret=secret)
        value = self.given(setting)
        if value is None:
            self._refuse(name, "is not set")
        return value

    def _address(self, name: str, value: str) -> str:
        try:
            parts = urlsplit(value)
            complete = bool(parts.scheme and parts.hostname) and parts.port != 0
        except ValueError:  # a host or a port that is none
            complete = False
        if not complete:
            self._refuse(name, "must be an address such as http://host:port")
        return value.rstrip("/")

    @staticmethod
    def _refuse(name: str, why: str) -> NoReturn:
        raise SettingsError(f"{name} {why}. Set {name} in the environment and start again.")


def set_for_children(name: str, value: str) -> None:
    """Set a variable that a library reads in the processes that this one forks."""
    os.environ[name] = value


def set_by_parent(name: str) -> str | None:
    """What this process's parent has set for it by `set_for_children`: no setting, nobody else gives it."""
    return os.environ.get(name)

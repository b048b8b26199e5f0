"""Keys of integrators: each has a name, and the scopes that it may use; only its digest is stored."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from shared.env import SettingsError
from shared.ids import digest, new_token

PREFIX = "psk_"
"""So that a key is known as one where it should not stand: in a log, in a repository."""
SETTING = "API_KEYS"
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")
_DIGEST = re.compile(r"[0-9a-f]{64}")
_CURE = "`python -m services.<name> api-key NAME SCOPE ...` makes a key and prints its entry."


@dataclass(frozen=True, kw_only=True)
class ApiKey:
    """A key as the settings know it."""

    name: str
    sha256: str
    scopes: frozenset[str]


def read_api_keys(given: Mapping[str, Any]) -> tuple[ApiKey, ...]:
    """The keys of the setting, or a refusal that names the one at fault."""
    return tuple(_read(name, entry) for name, entry in given.items())


def _read(name: str, entry: Any) -> ApiKey:
    match entry:
        case {"sha256": str(sha256), "scopes": list(scopes), **more} if not more and scopes:
            good = _NAME.fullmatch(name) and _DIGEST.fullmatch(sha256)
            if good and all(isinstance(scope, str) for scope in scopes):
                return ApiKey(name=name, sha256=sha256, scopes=frozenset(scopes))
    raise SettingsError(f"{SETTING} holds an entry {name!r} that is no name, digest and list of scopes. {_CURE}")


def make_api_key(name: str, scopes: Iterable[str]) -> tuple[str, dict[str, Any]]:
    """A new key, and its entry for the setting; the key itself is written down nowhere."""
    if not _NAME.fullmatch(name):
        raise SettingsError(f"{name!r} is no name for a key: small letters, digits, - and _, such as acme-shop.")
    secret = PREFIX + new_token()
    return secret, {name: {"sha256": digest(secret), "scopes": sorted(scopes)}}

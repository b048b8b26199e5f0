"""The setting of the keys is read strictly: a key that is written down wrongly is no key that does something else."""

from typing import Any

import pytest

from shared.api_keys import make_api_key, read_api_keys
from shared.env import SettingsError
from shared.ids import digest

GOOD = {"sha256": "a" * 64, "scopes": ["orders:read"]}


def test_a_key_that_was_made_is_read_again_and_its_secret_stands_nowhere() -> None:
    secret, entry = make_api_key("acme-shop", ["orders:write", "orders:read"])
    [key] = read_api_keys(entry)
    assert (key.name, key.scopes) == ("acme-shop", {"orders:read", "orders:write"})
    assert key.sha256 == digest(secret)
    assert secret.startswith("psk_")
    assert secret not in str(entry)


@pytest.mark.parametrize(
    ("name", "entry"),
    [
        ("acme", "a" * 64), ("acme", {"sha256": "a" * 64}), ("acme", GOOD | {"scopes": []}),
        ("acme", GOOD | {"scopes": "orders:read"}), ("acme", GOOD | {"scopes": [1]}), ("acme", GOOD | {"sha256": "x"}),
        ("acme", GOOD | {"sha256": "A" * 64}), ("acme", GOOD | {"admin": True}), ("", GOOD), ("Acme", GOOD),
        ("a b", GOOD),
    ],
)  # fmt: skip
def test_an_entry_of_another_shape_stops_the_start_and_is_named(name: str, entry: Any) -> None:
    with pytest.raises(SettingsError, match="API_KEYS holds an entry"):
        read_api_keys({"good": GOOD, name: entry})

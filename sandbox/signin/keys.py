"""The provider's signing key, kept so that a restart does not make clients' copies of it stale."""

import json
import os
from pathlib import Path

from joserfc.jwk import RSAKey

ALGORITHM = "RS256"
_BITS = 2048


def signing_key(folder: Path) -> RSAKey:
    """The key below `folder`, made at the first start; readable by its owner only."""
    path = folder / "signing_key.json"
    if path.exists():
        return RSAKey.import_key(json.loads(path.read_text()))
    key = RSAKey.generate_key(_BITS, {"use": "sig", "alg": ALGORITHM}, auto_kid=True)
    folder.mkdir(parents=True, exist_ok=True)
    half_written = path.with_suffix(".new")
    half_written.unlink(missing_ok=True)
    with os.fdopen(os.open(half_written, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as file:
        json.dump(key.as_dict(private=True), file)
    half_written.replace(path)
    return key

"""Makes ids in Stripe's form: a prefix that tells the kind, then letters and digits."""

import secrets
import string

_ALPHABET = string.ascii_letters + string.digits
_LENGTHS = {"cus": 14, "prod": 14, "req": 14, "cs_test": 58, "whsec": 32}


def new_id(prefix: str) -> str:
    """A new id, such as `cus_NffrFeUfNV2Hib`."""
    return f"{prefix}_{''.join(secrets.choice(_ALPHABET) for _ in range(_LENGTHS.get(prefix, 24)))}"

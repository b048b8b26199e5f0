"""Whether a webhook really comes from Stripe, and now.

Stripe signs `<t>.<raw body>` with HMAC-SHA256 (https://docs.stripe.com/webhooks#verify-manually). The SDK's own check
parses the whole event into objects, takes timestamps from the future and lets an empty secret pass; this one does not.
"""

import hashlib
import hmac
from collections.abc import Sequence
from datetime import datetime

from services.billing.stripe_inbox.errors import WebhookNotAuthentic

TOLERANCE_SECONDS = 300
_MOST_SIGNATURES = 10  # Stripe sends one for each live secret: a header of thousands is somebody else's


def _parse(header: str) -> tuple[int, list[str]]:
    items = [item.strip().partition("=") for item in header.split(",")]
    times = [value for name, _, value in items if name == "t"]
    signatures = [value for name, _, value in items if name == "v1"]
    if len(times) != 1 or not times[0].isascii() or not times[0].isdecimal() or len(times[0]) > len("4102444800"):
        raise WebhookNotAuthentic("The Stripe-Signature header has no single timestamp.")
    if not signatures or len(signatures) > _MOST_SIGNATURES:
        raise WebhookNotAuthentic("The Stripe-Signature header has no v1 signature that could be checked.")
    return int(times[0]), signatures


def verify_signature(header: str | None, body: bytes, *, secrets: Sequence[str], now: datetime) -> None:
    """Raises WebhookNotAuthentic unless one of the secrets signed this very body within 300 s of now, either way.

    Several secrets are valid together while one is being replaced. An empty secret signs nothing.
    """
    if not header:
        raise WebhookNotAuthentic("The Stripe-Signature header is missing.")
    usable = [secret for secret in secrets if secret]
    if not usable:
        raise WebhookNotAuthentic("No webhook secret is configured, so nothing can be believed.")
    signed_at, signatures = _parse(header)
    payload = str(signed_at).encode() + b"." + body
    matches = False
    for secret in usable:
        expected = hmac.new(secret.encode(), payload, hashlib.sha256).hexdigest()
        for signature in signatures:
            # No short cut: how long the check takes says nothing about which secret was nearly right.
            matches |= hmac.compare_digest(expected.encode(), signature.encode())
    if not matches:
        raise WebhookNotAuthentic("No signature in the Stripe-Signature header belongs to this body.")
    if abs(now.timestamp() - signed_at) > TOLERANCE_SECONDS:
        raise WebhookNotAuthentic("The webhook was not signed within the last five minutes. Check both clocks.")

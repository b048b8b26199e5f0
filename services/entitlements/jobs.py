"""What entitlements does in the background."""

from shared import relay

ROOMS = (relay,)

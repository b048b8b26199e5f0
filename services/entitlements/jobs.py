"""Where the jobs of entitlements stand."""

from shared import forget, relay

ROOMS = (relay, forget)

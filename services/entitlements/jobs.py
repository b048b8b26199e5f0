"""Where the jobs of entitlements stand."""

from shared import relay

ROOMS = (relay,)

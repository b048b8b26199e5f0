"""Pure decisions of entitlements: no framework, no clock, no randomness, no I/O."""

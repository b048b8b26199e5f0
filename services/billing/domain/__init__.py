"""Pure decisions of billing: no framework, no clock, no randomness, no I/O."""

"""Pure decisions of the queue: no framework, no clock, no I/O."""

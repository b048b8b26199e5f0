"""Paired measurements against the bare engine and against peers. Nothing that ships imports this."""

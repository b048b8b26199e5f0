"""The steps that make the queue's database, numbered, each with its reason."""

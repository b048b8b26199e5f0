"""The steps that make billing's database, numbered, each with its reason."""

"""Who changed what, and why: one entry for each change, numbered, never altered. Stands on nothing."""

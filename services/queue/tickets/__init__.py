"""A ticket: where it stands, its promise, its link, its audit trail; `store.alter` is the only way to change one.

Stands on classes.
"""

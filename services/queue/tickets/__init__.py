"""A ticket: where it stands, its promise, its link, its audit trail; `store.change` is the only way to alter one.

Stands on no other room.
"""

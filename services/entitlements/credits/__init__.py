"""Grants and their append-only ledger: what happens to a credit, and how many are left.

Stands on accounts and tickets.
"""

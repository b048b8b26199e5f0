"""Releases what was answered: each consumed credit earns its share of the order, once.

Stands on orders and the ledger.
"""

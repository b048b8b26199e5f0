"""Stripe's page for an order: opened, asked about until the outcome is known, and confirmed once; the way back from it.

Stands on orders, revenue, accounts and the catalog.
"""

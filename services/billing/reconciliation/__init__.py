"""A day of our books, ledger and all, beside a day of Stripe's: what matches, and what does not, typed.

Stands on orders, payments and the ledger.
"""

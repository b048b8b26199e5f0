"""One purchase from draft to settled or abandoned, its payments, and all that settling does to the books.

Stands on payments, the ledger and accounts.
"""

"""One purchase as we have it, from draft to settled or abandoned, with all that settling does to the books.

Stands on payments, the ledger, accounts and the audit trail.
"""

"""The customers as finance reads them: an account with its people, its orders and its money; companies are made here.

Stands on accounts, orders and the ledger.
"""

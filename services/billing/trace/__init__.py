"""From a charge to the ticket that it paid for and the minute in which it was answered.

Stands on everything below: revenue, orders, payments, the ledger.
"""

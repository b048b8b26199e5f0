"""Who belongs to which account, as billing tells it, and what follows for grants and tickets.

Stands on credits, tickets and accounts.
"""

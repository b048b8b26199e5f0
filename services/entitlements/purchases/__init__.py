"""What a settled order brings: a grant, and a better promise for the ticket that it was bought for.

Stands on decisions, credits, tickets, accounts and policies.
"""

"""Which installation this is among those that share a Stripe account: the mark on all that it makes there.

Stands on nothing.
"""

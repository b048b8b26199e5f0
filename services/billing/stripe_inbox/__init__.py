"""What Stripe tells us: webhooks and swept-in events, stored first, and which room each one wakes.

Stands on checkout, orders and payments.
"""

"""Billing: what is sold and paid, the books, and how they are matched with Stripe."""

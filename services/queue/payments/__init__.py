"""The way to pay for a ticket at billing and back, and how it goes on without a payment.

Stands on tickets and decisions.
"""

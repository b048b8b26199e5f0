"""The way to pay for a ticket at billing and back, how it goes on without a payment, and what a late one is told.

Stands on tickets, mail_out, conversation and decisions.
"""

"""Charges and balance transactions as Stripe has them (the mirror), and Stripe's fee in the books.

Stands on the ledger; knows no order but the one that Stripe names.
"""

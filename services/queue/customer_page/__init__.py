"""The customer's page of one ticket, behind its link.

Stands on tickets, agents, conversation, closing and payments.
"""

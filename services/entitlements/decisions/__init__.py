"""The stored answer to "what is this ticket entitled to, and why?"; a later one only raises.

Stands on credits, tickets, accounts and policies.
"""

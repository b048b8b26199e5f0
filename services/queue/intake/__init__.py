"""How a ticket is opened: the form, the API, and the choices of how soon.

Stands on classes, tickets, conversation, decisions and payments.
"""

"""How a ticket is opened: the form, the API, and the choices of how soon.

Stands on tickets, mail_out, conversation, decisions and payments.
"""

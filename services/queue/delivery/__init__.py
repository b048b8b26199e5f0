"""Hands written mails to the mail server until it has taken them; a taken answer is the first response.

Stands on tickets, mail_out and conversation.
"""

"""Puts stored mails into words and hands them to the mail server; a taken answer is the first response.

Stands on tickets, mail_out and conversation.
"""

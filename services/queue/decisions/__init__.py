"""Which promise a ticket carries: asks entitlements, freezes what was decided, tells the customer.

Stands on classes, tickets, mail_out and conversation.
"""

"""Who belongs to which account, as far as a decision must know. Billing owns accounts and contacts and tells of them.

Stands on nothing.
"""

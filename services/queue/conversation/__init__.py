"""What customer and agents write to each other, and when the first answer of a person was given.

Stands on tickets, agents and mail_out.
"""

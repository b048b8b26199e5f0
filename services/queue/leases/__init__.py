"""The right of one agent to write to a ticket: kept, taken again, given back.

Stands on tickets, agents and conversation.
"""

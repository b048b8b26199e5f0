"""The agents' desk: Take next, the own tickets, one ticket in the middle.

Stands on classes, tickets, agents, ordering, conversation and leases.
"""

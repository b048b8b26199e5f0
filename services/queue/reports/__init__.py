"""What supervisors read about the work: promises kept, by class, with what they are counted from.

Stands on classes and tickets.
"""

"""Who pays: companies and persons, and the addresses by which their people are known.

Entitlements keeps a copy by event. Stands on nothing.
"""

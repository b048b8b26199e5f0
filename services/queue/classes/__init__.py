"""What a decision speaks of: response class, calendar, source. Data of entitlements; no class is named in code.

Stands on no other room.
"""

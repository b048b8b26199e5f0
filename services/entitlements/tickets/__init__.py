"""Tickets as entitlements knows them: who asked, when, whether somebody answered. Stands on nothing."""

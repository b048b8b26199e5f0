"""Entitlements: who may have which answer time, and which credit pays for it."""

"""Tells the other services and integrators what the policy in force promises. Stands on policies."""

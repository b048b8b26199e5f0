"""What entitlements does: one file for each thing."""

"""What entitlements keeps: tables, and one query module for each aggregate."""

"""What the queue does not own: entitlements, billing, the mail server."""

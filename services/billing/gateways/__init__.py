"""What billing does not own: Stripe."""

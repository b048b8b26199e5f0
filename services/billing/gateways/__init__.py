"""What billing does not own: Stripe and the other services. A gateway imports no room."""

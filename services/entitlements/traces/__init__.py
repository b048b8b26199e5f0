"""What became of the credits that an order bought, for billing's trace. Stands on credits."""

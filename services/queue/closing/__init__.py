"""How the customer ends a ticket: solved, or no longer needed. Stands on tickets and conversation."""

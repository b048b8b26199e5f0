"""Words that an agent has not sent yet, kept for each agent and ticket. Stands on tickets and agents."""

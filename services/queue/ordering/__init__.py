"""Which ticket comes next: the one rule, and Take next in one statement. Stands on tickets and agents."""

"""Which ticket comes next: the one rule, and Take next in one statement. Stands on classes, tickets and agents."""

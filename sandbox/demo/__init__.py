"""Demo data: a short day of the team, made through the same doors as everybody's, so that no page is empty."""

"""What is sold, and for how much. Stands on nothing: the process's context holds it."""

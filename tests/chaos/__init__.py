"""Chaos: the whole product in real processes, seeded people and faults, and what must hold judged from outside."""

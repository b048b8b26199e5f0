"""The paying customers, known by their contact address. Stands on nothing."""

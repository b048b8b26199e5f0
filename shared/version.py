"""Which release of the product this is: the one place that says so; pyproject.toml reads it from here."""

VERSION = "0.1.0"

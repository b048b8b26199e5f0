"""Billing: what is sold and paid, who pays, the books, and how they are matched with Stripe."""

from pathlib import Path

from shared.language import add_catalogs

add_catalogs(Path(__file__).parent / "locale")

"""Tickets, conversation, order of the queue, agent desk and customer's pages."""

from pathlib import Path

from shared.language import add_catalogs

add_catalogs(Path(__file__).parent / "locale")

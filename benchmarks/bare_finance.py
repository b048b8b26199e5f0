"""A bare Flask page: one query for a page of ledger lines, and a plain table of them."""

from threading import local

import psycopg
from flask import Flask, render_template_string

from shared.env import Env

_QUERY = """
SELECT occurred_at, source_id, order_id, ledger_account, amount_minor, currency
FROM (SELECT * FROM ledger_transactions WHERE occurred_at >= '2026-03-02T00:00Z' AND occurred_at < '2026-03-03T00:00Z'
      ORDER BY occurred_at, transaction_id LIMIT 50) t JOIN ledger_entries USING (transaction_id)
ORDER BY occurred_at, transaction_id, line
"""
_PAGE = """<!doctype html><title>Journal</title><table>{% for row in rows %}<tr>{% for cell in row %}<td>{{ cell }}</td>
{% endfor %}</tr>{% endfor %}</table>"""


def page() -> Flask:
    """The page, with a kept connection for each thread."""
    url, here, app = Env().url("DATABASE_URL", "As the service's own role.", secret=True), local(), Flask("bare")

    @app.get("/livez")
    def livez() -> str:
        return "alive"

    @app.get("/journal")
    def journal() -> str:
        if not hasattr(here, "connection"):
            here.connection = psycopg.connect(url.replace("+psycopg", ""), autocommit=True)
        return render_template_string(_PAGE, rows=here.connection.execute(_QUERY).fetchall())

    return app

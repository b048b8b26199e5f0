"""The bare contestant of `decisions`: Flask and one statement on a kept connection, with nothing around it."""

import threading
from typing import Any

import psycopg
from flask import Flask, request
from psycopg.rows import dict_row

from shared.env import Env

HOLD = """
    WITH moved AS (
        UPDATE bare_grants SET available = available - 1, held = held + 1
        WHERE id = %(grant)s AND available > 0 RETURNING id
    )
    INSERT INTO bare_holds (ticket_id, grant_id, held_at) SELECT %(ticket)s, id, now() FROM moved
    ON CONFLICT (ticket_id) DO NOTHING RETURNING ticket_id, grant_id, held_at
"""
READ = "SELECT * FROM decisions WHERE ticket_id = %s ORDER BY sequence DESC LIMIT 1"


def create_app() -> Flask:
    """A route that holds a credit, one that reads a decision."""
    app = Flask("bare")
    url = Env().url("DATABASE_URL", "", secret=True).replace("postgresql+psycopg://", "postgresql://")
    kept = threading.local()

    def connection() -> "psycopg.Connection[dict[str, Any]]":
        if not hasattr(kept, "connection"):
            kept.connection = psycopg.connect(url, autocommit=True, row_factory=dict_row)
        return kept.connection  # type: ignore[no-any-return] # a thread's own things have no types

    @app.get("/livez")
    def live() -> str:
        return ""

    @app.post("/hold")
    def hold() -> Any:
        asked = request.get_json()
        return connection().execute(HOLD, {"grant": asked["grant_id"], "ticket": asked["ticket_id"]}).fetchone()

    @app.get("/decisions/<ticket_id>")
    def show(ticket_id: str) -> Any:
        return connection().execute(READ, [ticket_id]).fetchone()

    return app

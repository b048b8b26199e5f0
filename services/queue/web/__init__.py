"""HTTP in, response out."""

from typing import cast

from flask import current_app

from services.queue.ports import Context


def context() -> Context:
    """What this application works with."""
    return cast("Context", current_app.extensions["context"])

"""What the doors of billing work with."""

from typing import cast

from flask import current_app

from services.billing.context import Context


def context() -> Context:
    """What this application works with."""
    return cast("Context", current_app.extensions["context"])

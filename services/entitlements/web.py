"""What the doors of entitlements work with."""

from typing import cast

from flask import current_app

from services.entitlements.context import Context


def context() -> Context:
    """What this application works with."""
    return cast("Context", current_app.extensions["context"])

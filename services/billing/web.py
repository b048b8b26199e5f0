"""What the doors of billing work with."""

from typing import cast

from flask import current_app, request

from services.billing.context import Context
from shared.audit import CUSTOMER
from shared.web.access import current_caller
from shared.web.reading import keep_zone


def context() -> Context:
    """What this application works with."""
    return cast("Context", current_app.extensions["context"])


def actor() -> str:
    """Who does it, as the audit trail names them."""
    caller = current_caller()
    if caller is None:
        return CUSTOMER
    return caller.subject if caller.kind == "integrator" else f"{caller.kind}:{caller.subject}"


def in_zone_of_books() -> None:
    """Pages of finance have one zone, that in which the days of the books begin: asked before each request."""
    if request.path.startswith("/finance"):
        keep_zone(context().settings.books_zone)

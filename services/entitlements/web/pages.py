"""The one page of entitlements: what this address is. People use the pages of billing and queue."""

from flask import Blueprint, redirect
from werkzeug.wrappers import Response

from shared.web.access import public

pages = Blueprint("pages", __name__)


@pages.get("/")
@public
def home() -> Response:
    """Lead to the API reference: this service has no pages for people."""
    return redirect("/docs")

"""Where signing out ends: a page of this very service, for browsers refuse a form that is led to another origin."""

import re

from flask import Blueprint, Response, redirect, render_template, request

from shared.web.access import public

_BEGINNING = re.compile(r"(/[a-z]+)+", re.ASCII)
"""What a service's own pages call their beginning: /desk, /finance. Nothing else is led to from here."""


def signed_out_page() -> Blueprint:
    """GET /signed-out."""
    pages = Blueprint("signed_out", __name__)

    @pages.get("/signed-out")
    @public
    def signed_out() -> str:
        return render_template("signed_out.html", beginning=_beginning(request.args.get("next", "")))

    return pages


def lead_to_signed_out() -> Response:
    """The answer to the form that signs out, which names the beginning of the pages on which it stood."""
    beginning = _beginning(request.form.get("next", ""))
    return redirect(f"/signed-out?next={beginning}" if beginning else "/signed-out", 303)  # type: ignore[return-value]


def _beginning(path: str) -> str | None:
    return path if _BEGINNING.fullmatch(path) else None

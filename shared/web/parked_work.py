"""The operator's page of pending work: how much waits, what is parked and why, and the button that releases it."""

from collections.abc import Sequence

from flask import Blueprint, flash, redirect, render_template, request
from werkzeug.exceptions import BadRequest
from werkzeug.wrappers import Response

from shared.db import Database
from shared.language import gettext as _
from shared.language import ngettext
from shared.telemetry import get_logger
from shared.web.access import current_caller, staff
from shared.work.kind import WorkKind

log = get_logger()

SHOWN = 100
"""Of each kind; the count beside them says how many there are."""


def parked_work_pages(db: Database, kinds: Sequence[WorkKind]) -> Blueprint:
    """`/operator/work` of a service."""
    pages = Blueprint("parked_work", __name__)
    by_name = {kind.name: kind for kind in kinds}

    @pages.get("/operator/work")
    @staff("operator")
    def show() -> str:
        with db.transaction() as session:
            waiting = [
                {
                    "kind": kind.name,
                    "title": _(kind.title),
                    "pending": kind.pending(session),
                    "parked_count": kind.count_parked(session),
                    "parked": kind.parked(session, SHOWN),
                }
                for kind in kinds
            ]
        return render_template("parked_work.html", waiting=waiting)

    @pages.post("/operator/work/release")
    @staff("operator")
    def release() -> Response:
        kind = by_name.get(request.form.get("kind", ""))
        if kind is None:
            raise BadRequest(f"There is no such kind of work. Choose one of: {', '.join(by_name)}.")
        key = request.form.get("key") or None
        with db.transaction() as session:
            released = kind.release(session, key)
        caller = current_caller()
        log.info("work released", kind=kind.name, key=key, released=released, by=caller.subject if caller else None)
        if released:
            words = ngettext(
                "One item is released. It is tried again within seconds.",
                "%(num)s items are released. They are tried again within seconds.",
                released,
            )
            flash(words, "success")
        else:
            flash(_("Nothing was released: it is not parked any more."), "info")
        return redirect("/operator/work", 303)

    return pages

"""The supervisors' reports."""

from flask import Blueprint, render_template

from services.queue.reports import store as counts
from services.queue.reports.report import PERIOD
from services.queue.web import context
from shared import clock
from shared.web.access import staff

reports = Blueprint("reports", __name__, url_prefix="/reports", template_folder="templates")


@reports.get("/promises")
@staff("supervisor")
def promises() -> str:
    """Promises kept in the last 30 days, by class."""
    now = clock.now()
    with context().db.transaction() as transaction:
        kept = counts.kept_promises(transaction, now - PERIOD, now)
    return render_template("promises.html", kept=kept, since=now - PERIOD, days=PERIOD.days)

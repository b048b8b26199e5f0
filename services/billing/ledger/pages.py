"""The journal: the ledger as finance reads it."""

from datetime import timedelta

from flask import Blueprint, render_template, request

from services.billing.accounts import store as accounts
from services.billing.ledger import store as ledger
from services.billing.ledger.book_day import BookDay, day_of, read_day
from services.billing.ledger.view import account_words, day_sentence, source_words
from services.billing.web import context
from shared import clock
from shared.language import gettext as _
from shared.web.access import staff

journal = Blueprint("journal", __name__, template_folder="templates")

SHOWN = 500


@journal.get("/finance/journal")
@staff("finance")
def show_journal() -> str:
    """The ledger's transactions of a day."""
    asked = request.args.get("date")
    day = read_day(asked)
    zone = context().settings.books_zone
    book_day = BookDay(day=day, zone=zone) if day else day_of(clock.now(), zone)
    shown = book_day.day
    with context().db.transaction() as session:
        postings = ledger.between(session, book_day.begins_at, book_day.ends_at, limit=SHOWN + 1)
        totals = ledger.account_totals(session, book_day.begins_at, book_day.ends_at)
        payers = accounts.payers(session, (posting.transaction.account_id for posting in postings))
    return render_template(
        "journal.html",
        shown_day=shown,
        previous_day=shown - timedelta(days=1),
        next_day=shown + timedelta(days=1),
        books_zone=zone,
        error=_("Choose a day, such as 2026-11-23.") if asked and day is None else None,
        sentence=day_sentence(shown, len(postings), most=SHOWN),
        postings=postings[:SHOWN],
        payers=payers,
        source_words=source_words,
        account_words=account_words,
        cut=len(postings) > SHOWN,
        totals=totals,
    )

"""The journal: the ledger as finance reads it."""

from datetime import date, timedelta

from flask import Blueprint, render_template, request

from services.billing.accounts import store as accounts
from services.billing.ledger import store as ledger
from services.billing.ledger.book_day import BookDay, day_of, read_day
from services.billing.ledger.store import PostedTransaction
from services.billing.ledger.view import account_words, day_sentence, source_words
from services.billing.web import context, in_zone_of_books
from shared import clock
from shared.language import gettext as _
from shared.web.access import staff
from shared.web.pagination import encode_cursor, position_in_time

journal = Blueprint("journal", __name__, template_folder="templates")
journal.before_app_request(in_zone_of_books)  # for the pages of all rooms: APIFlask knows no door of one blueprint

SHOWN = 50


@journal.get("/finance/journal")
@staff("finance")
def show_journal() -> str:
    """The ledger's transactions of a day, page by page, and what they come to."""
    asked = request.args.get("date")
    day = read_day(asked)
    zone = context().settings.books_zone
    book_day = BookDay(day=day, zone=zone) if day else day_of(clock.now(), zone)
    shown, after = book_day.day, position_in_time(request.args.get("after"))
    with context().db.transaction() as session:
        postings = ledger.between(session, book_day.begins_at, book_day.ends_at, limit=SHOWN + 1, after=after)
        movements = ledger.movements(session, book_day.begins_at, book_day.ends_at)
        payers = accounts.payers(session, (posting.transaction.account_id for posting in postings))
    last = postings[SHOWN - 1] if len(postings) > SHOWN else None
    return render_template(
        "journal.html",
        shown_day=shown,
        previous_day=shown - timedelta(days=1),
        next_day=shown + timedelta(days=1),
        books_zone=zone,
        error=_("Choose a day, such as 2026-11-23.") if asked and day is None else None,
        sentence=day_sentence(shown, len(postings), most=0 if after else SHOWN),
        postings=postings[:SHOWN],
        payers=payers,
        source_words=source_words,
        account_words=account_words,
        movements=movements,
        next_url=last and _next_url(shown, last),
        first_url=f"/finance/journal?date={shown}" if after else None,
    )


def _next_url(day: date, last: PostedTransaction) -> str:
    place = encode_cursor(last.transaction.occurred_at.isoformat(), last.transaction_id)
    return f"/finance/journal?date={day}&after={place}"

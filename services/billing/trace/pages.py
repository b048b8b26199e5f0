"""The page of a trace."""

from flask import Blueprint, render_template

from services.billing.ledger.view import account_words, source_words
from services.billing.trace.follow import trace_charge
from services.billing.trace.view import sentence, stations_of, tickets_of
from services.billing.web import context
from shared.web.access import staff

trace = Blueprint("trace", __name__, template_folder="templates")


@trace.get("/finance/charges/<charge_id>")
@staff("finance")
def show_trace(charge_id: str) -> str:
    """The chain from a charge to the answer that it paid for."""
    found = trace_charge(context(), charge_id)
    return render_template(
        "trace.html",
        trace=found,
        tickets=tickets_of(found),
        stations=stations_of(found),
        sentence=sentence(found),
        postings=found.postings,
        payers={found.order.account_id: found.payer} if found.order and found.payer else {},
        source_words=source_words,
        account_words=account_words,
    )

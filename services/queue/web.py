"""What the doors of the queue work with."""

from typing import cast

from flask import current_app, request
from werkzeug.exceptions import Unauthorized

from services.queue.context import Context
from shared.limits import Limit
from shared.web.access import current_caller
from shared.web.idempotency import HEADER

WRONG_LINKS = Limit(name="wrong_links", most=30, within_s=600)
"""Links of tickets that are none, from one network. A good one opens its ticket from there all the same."""


def context() -> Context:
    """What this application works with."""
    return cast("Context", current_app.extensions["context"])


def actor() -> str:
    """The program that calls, as the audit trail names it."""
    caller = current_caller()
    if caller is None:
        raise Unauthorized
    return caller.subject


def request_token() -> str:
    """The request's own key in place of a form's: a second run after a crash finds what the first one stored."""
    return f"{actor()}:{request.headers[HEADER]}"

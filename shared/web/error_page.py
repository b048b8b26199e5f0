"""What a person reads whose request came to nothing: what happened, what to do, and one button for the next step."""

from typing import NamedTuple

from flask import current_app, render_template, request
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect

from shared.language import N_
from shared.language import gettext as _

TRY_AGAIN = N_("Nothing that was confirmed to you is lost. Try again in a moment.")
OUR_FAULT = N_("Something went wrong on our side")
TOLD = N_("We have been told. Nothing that was confirmed to you is lost. Try again in a moment.")


class Step(NamedTuple):
    """The one button. `back`: it goes back to the page before, with what was typed, where the browser can."""

    url: str
    label: str
    back: bool = False
    posts: bool = False


_WORDS = {
    400: (
        N_("We could not read what was sent"),
        N_("Nothing was changed."),
        N_("Go back, load the page again and send it once more."),
    ),
    401: (
        N_("Please sign in"),
        N_("This page is for people who are signed in."),
        N_("Sign in, and you get to the page that you wanted."),
    ),
    403: (
        N_("You may not do this"),
        N_("Your role does not allow this."),
        N_("Ask somebody with the right role, or sign in as somebody else."),
    ),
    404: (
        N_("This page does not exist"),
        N_("The address is not complete, or what stood here has moved."),
        N_("If the address came by mail, use the link in the newest mail."),
    ),
    405: (
        N_("This address only takes what a form sends"),
        N_("Nothing was changed, and nothing was sent again."),
        N_("What you sent before is on the page with the form."),
    ),
    413: (
        N_("That is too much at once"),
        N_("We took none of it. Your words are still in the form."),
        N_("Go back and send less: at most 1 MB, which is about 200 pages of text."),
    ),
    422: (
        N_("Something in it is not right"),
        N_("Nothing was changed. Your words are still in the form."),
        N_("Go back, correct it and send it once more."),
    ),
    429: (
        N_("That was too often"),
        N_("Many requests came from you in a short time."),
        N_("Wait a minute, then try again."),
    ),
    500: (OUR_FAULT, N_("We could not finish what you asked for."), TOLD),
    503: (N_("We are busy just now"), N_("Our answer takes too long."), TRY_AGAIN),
}
"""What the library words for programs, in words for people: title, what happened, what to do."""
_OTHERWISE = (N_("This did not work"), N_("Nothing was changed."), N_("Go back and try again."))


def error_page(status: int, title: str | None = None, detail: str | None = None, cure: str | None = None) -> str:
    """The page, of words that stand in a catalog or are the reader's already.

    What is not said is what the status says. A refusal that says itself what to do comes with an empty cure: two
    pieces of advice contradict each other.
    """
    said = zip((title, detail, cure), _WORDS.get(status, _OTHERWISE), strict=True)
    title, detail, cure = (_(usual if own is None else own) if own != "" else "" for own, usual in said)
    return render_template(
        "error.html", status=status, title=title, what_happened=detail, what_to_do=cure, step=_next_step(status)
    )


def _next_step(status: int) -> Step:
    reads = request.method == "GET"
    later = status >= 500 or status == 429  # noqa: PLR2004 - the same may succeed then
    if status == 401:  # noqa: PLR2004 - as HTTP counts
        return Step("/signin", _("Sign in"))
    if status == 403 and _has_page("/signout", "POST"):  # noqa: PLR2004 - as HTTP counts
        return Step("/signout", _("Sign in as somebody else"), posts=True)
    if status == 404:  # noqa: PLR2004 - as HTTP counts
        return Step("/", _("Go to the start page"))
    if later and reads:
        return Step(request.full_path.rstrip("?"), _("Try again"))
    moved_on = status == 409  # noqa: PLR2004 - what the page before shows is old
    words = _("Look at it again") if moved_on else _("Go back") if reads or later else _("Back to the form")
    return Step(_page_behind(), words, back=not moved_on)


def _page_behind() -> str:
    """The page from which it was sent: the nearest one above this address that can be opened."""
    path = request.path
    while path != "/":
        if (path != request.path or request.method != "GET") and _has_page(path):
            return path
        path = path.rpartition("/")[0] or "/"
    return path


def _has_page(path: str, method: str = "GET") -> bool:
    try:
        current_app.create_url_adapter(request).match(path, method=method)  # type: ignore[union-attr] # in a request
    except RequestRedirect:
        return True
    except HTTPException:
        return False
    return True

"""The hosted payment page: shows what is bought, takes a test card, sends the browser back (fields: `card_form`)."""

from typing import Any

from babel import Locale
from flask import Blueprint, Response, abort, make_response, redirect, render_template, request

from sandbox.stripe import card_form, checkout
from sandbox.stripe.card_form import Filled
from sandbox.stripe.control_area import world
from sandbox.stripe.currencies import spoken
from sandbox.stripe.errors import Json

pages = Blueprint("hosted", __name__)

_NO_COUNTRIES = {"EU", "EZ", "UN", "XA", "XB", "ZZ", "QO"}
_COUNTRIES = sorted(
    (
        (code, name)
        for code, name in Locale("en").territories.items()
        if code.isalpha() and len(code) < len("EUR") and code not in _NO_COUNTRIES
    ),
    key=lambda country: country[1],
)


@pages.get("/c/pay/<session_id>")
def show_page(session_id: str) -> Response:
    """The page of a session: to pay, or a word that it is done or over."""
    with world().looking() as work:
        session = work.tx.get("checkout.session", session_id)
        intent = session and work.tx.get("payment_intent", session["payment_intent"] or "")
    if session is None:
        return _page("closed.html", 404, state="unknown", session=None)
    if session["status"] != "open":
        return _closed(session)
    wanted = {"email": session["customer_email"] or "", "country": "US"}
    problem = ((intent or {}).get("last_payment_error") or {}).get("message")
    return _open(session, Filled(values=wanted), 200, notice=problem and f"The last try did not work: {problem}")


@pages.post("/c/pay/<session_id>")
def pay(session_id: str) -> Response:
    """Pay. A second submit finds the session paid and goes on without a second charge."""
    with world().working() as work:
        session = work.tx.get("checkout.session", session_id)
        if session is None:
            return _page("closed.html", 404, state="unknown", session=None)
        if session["status"] == "expired":
            return _closed(session)
        if session["status"] == "complete":
            return _onwards(session)
        form = request.form.to_dict()
        if session["customer_email"]:
            form["email"] = session["customer_email"]
        filled = card_form.read(form, work.now)
        if filled.errors or filled.card is None:
            return _open(session, filled, 422)
        payer = {name: filled.values[name] for name in ("email", "name", "country")}
        problem = checkout.complete(work, session, filled.card, payer)
    if problem:
        return _open(session, filled, 402, notice=f"{problem.message} {_ADVICE}")
    return _onwards(session)


_ADVICE = "You have not been charged. Try again, or use a different card."


@pages.get("/receipts/<charge_id>")
def receipt(charge_id: str) -> Response:
    """The receipt of a paid charge."""
    with world().looking() as work:
        charge = work.tx.get("charge", charge_id)
    if charge is None or not charge["paid"]:
        abort(404)
    amount = spoken(charge["amount"], charge["currency"])
    refunded = spoken(charge["amount_refunded"], charge["currency"]) if charge["amount_refunded"] else None
    return _page("receipt.html", 200, charge=charge, amount=amount, refunded=refunded)


def _onwards(session: Json) -> Response:
    response = make_response(redirect(checkout.success_address(session), 303))
    response.headers["Cache-Control"] = "no-store"
    return response


def _closed(session: Json) -> Response:
    return _page(
        "closed.html", 200, state=session["status"], session=session, onwards=checkout.success_address(session)
    )


def _open(session: Json, filled: Filled, status: int, notice: str | None = None) -> Response:
    currency = session["currency"]
    items = [
        {
            "name": item["description"],
            "description": item["_product_description"],
            "quantity": item["quantity"],
            "total": spoken(item["amount_total"], currency),
            "each": spoken(item["_unit_amount"], currency) if item["quantity"] > 1 else None,
        }
        for item in session["_line_items"]
    ]
    return _page(
        "pay.html",
        status,
        session=session,
        items=items,
        total=spoken(session["amount_total"], currency),
        filled=filled,
        notice=notice,
        countries=_COUNTRIES,
        message=(session["custom_text"]["submit"] or {}).get("message"),
    )


def _page(template: str, status: int, **values: Any) -> Response:
    response = make_response(render_template(template, merchant=world().settings.merchant, **values), status)
    response.headers["Cache-Control"] = "no-store"
    return response

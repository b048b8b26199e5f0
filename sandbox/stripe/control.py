"""The control area, which Stripe does not have: a page for people, faults, charges behind the product's back.

- `GET /`: the page for people.
- `GET /readyz`: 200 when it answers.
- `GET /_sandbox/state`: JSON with counts of objects, deliveries by state, timers; the clock and the faults that are on.
- `POST /_sandbox/faults` `{"kind", "match"?, "times"?, "seconds"?, "share"?, "status"?}` (JSON or form): switch a
  fault on (see `faults`);
  `times` null strikes until cleared. `GET` lists them, `DELETE` (or `POST /_sandbox/faults/clear`) clears them.
- `POST /_sandbox/clock` `{"to"}` or `{"seconds", "minutes", "hours", "days"}`: let time pass; it answers when all that
  fell due on the way has happened and was delivered. `GET` tells the time.
- `POST /_sandbox/charges` `{"amount"?, "currency"?, "description"?}`: a paid charge that no service knows of.
- `POST /_sandbox/webhook_endpoints/{id}/roll` `{"hours"?}`: a new secret; for so long the old one signs beside it.
- `POST /_sandbox/charges/{id}/dispute` `{"reason"?, "inquiry"?}`, `POST /_sandbox/disputes/{id}/won` (or `lost`,
  `warning_closed`, `escalate`), `POST /_sandbox/refunds/{id}/fail`: what banks do.
- `POST /_sandbox/payouts/schedule` `{"interval", "weekday"?, "monthday"?}`, `POST /_sandbox/payouts/{id}/fail`
  `{"code"?}`, `GET /_sandbox/bank?format=camt053&currency=usd&from=&to=`: payouts, and the statement they arrive on.
- `POST /_sandbox/events/{id}/resend`: deliver an event again to each endpoint that wants it.
"""

from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, Response, current_app, jsonify, make_response, render_template, request

from sandbox.stripe import events, faults
from sandbox.stripe.cards import TOKENS
from sandbox.stripe.checks import check_table, currency, integer, text
from sandbox.stripe.control_area import done, world
from sandbox.stripe.currencies import CURRENCIES, spoken
from sandbox.stripe.errors import Json, StripeError
from sandbox.stripe.payments import billing_details, new_charge
from sandbox.stripe.registry import load
from sandbox.stripe.resources import webhook_endpoints
from sandbox.stripe.timekeeper import FARTHEST_S, Timekeeper
from sandbox.stripe.views import show
from sandbox.stripe.work import Work

pages = Blueprint("control", __name__)

_SHOWN = 20
_LONGEST_ROLL_H = 24
_REFUSALS = range(400, 600)
_UNITS = {"seconds": 1, "minutes": 60, "hours": 60 * 60, "days": 24 * 60 * 60}


@pages.errorhandler(StripeError)
def refused(problem: StripeError) -> tuple[Response, int]:
    """A refusal here looks like one of the API's."""
    return jsonify(problem.body()), problem.status


@pages.get("/readyz")
def ready() -> Response:
    """Whether the state can be read."""
    with world().looking() as work:
        work.tx.count("event")
    return jsonify(status="ready")


def _state(work: Work) -> Json:
    rows = work.tx.sql.execute("SELECT state, count(*) FROM deliveries GROUP BY state").fetchall()
    due, waiting = work.tx.sql.execute(
        "SELECT count(*) FILTER (WHERE due <= ?), count(*) FROM timers", (work.now_exactly,)
    ).fetchone()
    return {
        "objects": {resource.kind: work.tx.count(resource.kind) for resource in load()},
        "deliveries": {"pending": 0, **dict(rows)},
        "timers": {"due": due, "waiting": waiting},
        "clock": _clock(),
        "faults": [fault.as_asked() for fault in faults.active(work.tx)],
    }


@pages.get("/_sandbox/state")
def state() -> Response:
    """What is in there."""
    with world().looking() as work:
        return jsonify(_state(work))


@pages.get("/_sandbox/faults")
def list_faults() -> Response:
    """The faults that are on."""
    with world().looking() as work:
        return jsonify(faults=_state(work)["faults"], kinds=faults.KINDS)


def _asked() -> dict[str, Any]:
    given: dict[str, Any] = request.get_json() if request.is_json else request.form.to_dict()
    return given


@pages.post("/_sandbox/faults")
def switch_fault_on() -> Response:
    """Switch a fault on."""
    asked = _asked()
    strange = set(asked) - {"kind", "match", "times", "seconds", "share", "status"}
    if asked.get("kind") not in faults.KINDS or strange:
        raise StripeError(
            400, f"A fault has kind, match, times, seconds, share, status; kind is one of: {', '.join(faults.KINDS)}"
        )
    times = asked.get("times", 1)
    seconds = asked.get("seconds")
    try:
        strikes = None if times in {None, ""} else int(times)
        lasting = None if seconds in {None, ""} else float(seconds)
        share, status = float(asked.get("share") or 1), int(asked.get("status") or 500)
    except (TypeError, ValueError):
        raise StripeError(
            400, "times and status are whole numbers (times may be null), seconds and share numbers"
        ) from None
    if not 0 < share <= 1 or status not in _REFUSALS:
        raise StripeError(400, "share is above 0 and at most 1, status from 400 to 599")
    match = asked.get("match") or "*"
    with world().working() as work:
        fault = faults.switch_on(
            work.tx, asked["kind"], match=match, times=strikes, seconds=lasting, share=share, status=status
        )
    return done(fault.as_asked())


@pages.delete("/_sandbox/faults")
@pages.post("/_sandbox/faults/clear")
def clear_faults() -> Response:
    """Switch all faults off."""
    with world().working() as work:
        faults.clear(work.tx)
    return done({"faults": []})


@pages.post("/_sandbox/clock")
def advance_clock() -> Response:
    """Let time pass: everything that becomes due on the way happens, in its order and with its own stamp."""
    asked = _asked()
    now = world().clock.now()
    try:
        target = (
            float(asked["to"])
            if "to" in asked
            else now + sum(float(asked.get(unit) or 0) * seconds for unit, seconds in _UNITS.items())
        )
    except (TypeError, ValueError):
        raise StripeError(400, f"Time is a number: `to` in Unix seconds, or {', '.join(_UNITS)}.") from None
    if set(asked) - {"to", *_UNITS} or not now <= target <= now + FARTHEST_S:
        raise StripeError(400, f"Give `to`, or {', '.join(_UNITS)}: forward, and ten years at most.")
    timekeeper: Timekeeper = current_app.extensions["stripe_timekeeper"]
    timekeeper.advance_to(target)
    return done(_clock())


@pages.get("/_sandbox/clock")
def tell_clock() -> Response:
    """What the stand-in's clock says."""
    return jsonify(_clock())


def _clock() -> Json:
    clock = world().clock
    return {"now": int(clock.now()), "ahead_s": round(clock.ahead_s)}


@pages.post("/_sandbox/charges")
def charge_behind_our_back() -> Response:
    """A paid charge made in Stripe alone, so that reconciliation finds it missing in the books."""
    table = {"amount": integer(least=1), "currency": currency, "description": text(unsettable=True)}
    params = check_table(table, {name: str(value) for name, value in _asked().items()})
    with world().working() as work:
        asked = {
            "amount": params.get("amount", 4900),
            "currency": params.get("currency", "usd"),
            "description": params.get("description") or "Made in Stripe, behind the product's back",
            "billing_details": billing_details(name="Somebody Else"),
        }
        charge = new_charge(work, TOKENS["tok_visa"], asked)
        shown = show(work, charge)
    return done(shown)


@pages.post("/_sandbox/webhook_endpoints/<endpoint_id>/roll")
def roll(endpoint_id: str) -> Response:
    """A new signing secret, as the dashboard gives it; the old one goes on beside it for `hours` (24 at most)."""
    try:
        hours = float(_asked().get("hours") or 24)
    except ValueError:
        hours = -1
    if not 0 <= hours <= _LONGEST_ROLL_H:
        raise StripeError(400, f"hours is a number from 0 to {_LONGEST_ROLL_H}")
    with world().working() as work:
        endpoint = work.must("webhook_endpoint", endpoint_id)
        rolled = webhook_endpoints.roll_secret(work, endpoint, old_lasts_s=int(hours * 3600))
    return done({"id": endpoint_id, "secret": rolled["_secret"]})


@pages.post("/_sandbox/events/<event_id>/resend")
def resend(event_id: str) -> Response:
    """Deliver an event again."""
    with world().working() as work:
        event = work.must("event", event_id)
        events.schedule(work, event, event["data"]["object"]["id"])
    return done({"resent": event_id})


@pages.get("/")
def home() -> Response:
    """The page for people: what is in here, and what can be done to it."""
    with world().looking() as work:
        charges = [
            {**charge, "amount_spoken": spoken(charge["amount"], charge["currency"])}
            for charge in work.tx.select("charge", limit=_SHOWN)
        ]
        sessions = [
            {**show(work, session), "amount_spoken": spoken(session["amount_total"], session["currency"])}
            for session in work.tx.select("checkout.session", limit=_SHOWN)
        ]
        deliveries = work.tx.sql.execute(
            "SELECT event_type, event_id, state, attempts, last_status, last_error FROM deliveries"
            " ORDER BY id DESC LIMIT ?",
            (_SHOWN,),
        ).fetchall()
        overview = _state(work)
        endpoints = work.tx.select("webhook_endpoint")
    return make_response(
        render_template(
            "home.html",
            merchant=world().settings.merchant,
            overview=overview,
            now=datetime.fromtimestamp(overview["clock"]["now"], UTC),
            charges=charges,
            sessions=sessions,
            deliveries=deliveries,
            endpoints=endpoints,
            kinds=faults.KINDS,
            currencies=sorted(CURRENCIES),
        )
    )

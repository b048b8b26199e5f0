"""Pays the balance out: by the account's schedule, by request, at once; and what becomes of a payout.

Automatic ones know what they pay out, to the last transaction; of manual and instant ones Stripe cannot say it
(https://docs.stripe.com/payouts/reconciliation). A payout is one movement of the balance; one that fails comes back.
"""

from datetime import UTC, datetime, timedelta

from sandbox.stripe.balance import available_on, book
from sandbox.stripe.errors import Json, StripeError, invalid
from sandbox.stripe.events import emit, emit_update
from sandbox.stripe.ids import new_id
from sandbox.stripe.resources.account import ACCOUNT_ID, account_of
from sandbox.stripe.work import Work

GO_ON, RECONCILE, BY_SCHEDULE = "payout_goes_on", "payout_reconciled", "automatic_payouts"
BANK_ACCOUNT = "ba_standin0000000000000000"
INTERVALS = ("manual", "daily", "weekly", "monthly")
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_INSTANT_S = 30 * 60
_SENT_AFTER_S = 60 * 60
_RECONCILED_AFTER_S = 2 * 60 * 60
_INSTANT_FEE_PERCENT = 1


def available(work: Work, currency: str) -> int:
    """What of the balance in a currency can be paid out now."""
    row = work.tx.sql.execute(
        "SELECT coalesce(sum(json_extract(body, '$.net')), 0) FROM objects WHERE kind = 'balance_transaction'"
        " AND json_extract(body, '$.currency') = ? AND json_extract(body, '$.available_on') <= ?",
        (currency, work.now),
    ).fetchone()
    return int(row[0])


def pay_out(work: Work, amount: int, currency: str, *, automatic: bool = False, asked: Json | None = None) -> Json:
    """Send money to the bank. Raises what Stripe says when the balance has less (`balance_insufficient`)."""
    asked = asked or {}
    instant = asked.get("method") == "instant"
    fee = max(-(-amount * _INSTANT_FEE_PERCENT // 100), 1) if instant else 0
    if not automatic and amount + fee > available(work, currency):
        raise StripeError(
            400,
            "You have insufficient funds in your Stripe account for this transfer. Your card balance is too low. You "
            "can use the /v1/balance endpoint to view your Stripe balance (for more details, see "
            "stripe.com/docs/api#balance).",
            code="balance_insufficient",
        )
    payout: Json = {
        "id": new_id("po"),
        "object": "payout",
        "amount": amount,
        "application_fee": None,
        "application_fee_amount": None,
        "arrival_date": work.now if instant else available_on(work.now),
        "automatic": automatic,
        "balance_transaction": None,
        "created": work.now,
        "currency": currency,
        "description": "STRIPE PAYOUT" if automatic else asked.get("description"),
        "destination": BANK_ACCOUNT,
        "failure_balance_transaction": None,
        "failure_code": None,
        "failure_message": None,
        "livemode": False,
        "metadata": asked.get("metadata") or {},
        "method": asked.get("method", "standard"),
        "original_payout": None,
        "payout_method": None,
        "reconciliation_status": "in_progress" if automatic else "not_applicable",
        "reversed_by": None,
        "source_type": "card",
        "statement_descriptor": asked.get("statement_descriptor"),
        "status": "pending",
        "trace_id": {"status": "pending", "value": None},
        "type": "bank_account",
    }
    fees = (("Instant Payout fee", fee),) if instant else ()
    payout["balance_transaction"] = book(work, "payout", payout, -amount, currency, fees=fees)["id"]
    work.add(payout)
    emit(work, "payout.created", payout)
    work.tx.set_timer(work.now_exactly + (_INSTANT_S if instant else _SENT_AFTER_S), GO_ON, payout["id"])
    return payout


def go_on(work: Work, payout_id: str) -> None:
    """A payout goes on its way, and arrives: at its day, or half an hour after it was asked for when it is instant."""
    payout = work.must("payout", payout_id)
    if payout["status"] == "pending" and payout["method"] == "standard":
        after = work.put(payout | {"status": "in_transit"})
        emit_update(work, "payout.updated", payout, after)
        work.tx.set_timer(max(work.now_exactly, payout["arrival_date"]), GO_ON, payout_id)
    elif payout["status"] in {"pending", "in_transit"}:
        trace = {"status": "supported", "value": new_id("trace")[6:].upper()}
        after = work.put(payout | {"status": "paid", "trace_id": trace})
        emit(work, "payout.paid", after)


def fail(work: Work, payout: Json, code: str, message: str) -> Json:
    """The bank sends it back; also days after it was paid. The money is in the balance again."""
    if payout["status"] not in {"pending", "in_transit", "paid"}:
        raise StripeError(400, f"A payout that is {payout['status']} does not fail.")
    back = book(work, "payout_failure", payout, payout["amount"], payout["currency"], description="PAYOUT FAILURE")
    failure = {"failure_balance_transaction": back["id"], "failure_code": code, "failure_message": message}
    after = work.put(payout | failure | {"status": "failed"})
    emit(work, "payout.failed", after)
    return after


def cancel(work: Work, payout: Json) -> Json:
    """Take back what has not been sent yet."""
    if payout["status"] != "pending" or payout["automatic"]:
        raise invalid(
            "Payouts can only be canceled when they are pending and were created by you, not by a schedule.",
            code="payouts_not_allowed" if payout["automatic"] else None,
        )
    back = book(work, "payout_cancel", payout, payout["amount"], payout["currency"], description="PAYOUT CANCELED")
    after = work.put(payout | {"status": "canceled", "failure_balance_transaction": back["id"]})
    emit(work, "payout.canceled", after)
    return after


def reconcile(work: Work, payout_id: str) -> None:
    """Stripe has itemized an automatic payout: from now on its transactions can be asked for."""
    payout = work.must("payout", payout_id)
    after = work.put(payout | {"reconciliation_status": "completed"})
    emit(work, "payout.reconciliation_completed", after)


def set_schedule(work: Work, interval: str, *, weekday: str = "monday", monthday: int = 1) -> Json:
    """Pay out by itself from now on, each day, week or month, or only when asked."""
    if interval not in INTERVALS or weekday not in _DAYS or not 1 <= monthday <= 31:  # noqa: PLR2004 - days of a month
        raise StripeError(400, f"interval is one of {', '.join(INTERVALS)}; weekday a day's name; monthday 1 to 31.")
    schedule: Json = {"delay_days": 2, "interval": interval}
    schedule |= {"weekly_anchor": weekday} if interval == "weekly" else {}
    schedule |= {"monthly_anchor": monthday} if interval == "monthly" else {}
    account = account_of(work)
    settings = account["settings"] | {"payouts": account["settings"]["payouts"] | {"schedule": schedule}}
    after = work.put(account | {"settings": settings})
    work.tx.sql.execute("DELETE FROM timers WHERE action = ?", (BY_SCHEDULE,))
    _await_next(work, after)
    return after


def pay_by_schedule(work: Work, _account_id: str) -> None:
    """Pay out everything that is available, currency by currency, and note which transactions that is."""
    account = account_of(work)
    rows = work.tx.sql.execute(
        "SELECT DISTINCT json_extract(body, '$.currency') FROM objects WHERE kind = 'balance_transaction' ORDER BY 1"
    ).fetchall()
    for (currency,) in rows:
        items = _not_paid_out(work, currency)
        amount = sum(item["net"] for item in items)
        if amount > 0:
            payout = pay_out(work, amount, currency, automatic=True)
            own = work.must("balance_transaction", payout["balance_transaction"])
            for item in (*items, own):
                work.put(item | {"_payout": payout["id"]})
            work.tx.set_timer(work.now_exactly + _RECONCILED_AFTER_S, RECONCILE, payout["id"])
    _await_next(work, account)


def _not_paid_out(work: Work, currency: str) -> list[Json]:
    return work.tx.select(
        "balance_transaction",
        [
            ("json_extract(body, '$.currency') = ?", (currency,)),
            ("json_extract(body, '$.available_on') <= ?", (work.now,)),
            ("json_extract(body, '$._payout') IS NULL", ()),
        ],
        newest_first=False,
    )


def _await_next(work: Work, account: Json) -> None:
    schedule = account["settings"]["payouts"]["schedule"]
    if schedule["interval"] == "manual":
        return
    day = datetime.fromtimestamp(work.now, UTC).replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    while not _is_day_of(schedule, day):
        day += timedelta(days=1)
    work.tx.set_timer(day.timestamp(), BY_SCHEDULE, ACCOUNT_ID)


def _is_day_of(schedule: Json, day: datetime) -> bool:
    match schedule["interval"]:
        case "weekly":
            return bool(_DAYS[day.weekday()] == schedule["weekly_anchor"])
        case "monthly":  # the last day stands for those that the month does not have
            last = (day + timedelta(days=1)).day == 1
            return day.day == schedule["monthly_anchor"] or bool(last and day.day < schedule["monthly_anchor"])
    return True


def itemized(payout: Json) -> str:
    """The id by which an automatic payout's transactions are found. Raises what Stripe says of all others."""
    if not payout["automatic"]:
        raise invalid(
            f"Balance transaction history can only be filtered on automatic transfers, not manual ({payout['id']}).",
            param="payout",
        )
    return str(payout["id"])

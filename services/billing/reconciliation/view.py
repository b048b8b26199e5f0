"""What the pages and the API say of a reconciliation, in words: what is wrong, what to do, how the day went."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from services.billing.accounts.account import Payer
from services.billing.reconciliation.reconciliation import ExceptionType, Mismatch, Reconciliation
from shared.money import Money, format_money
from shared.web import formats

_SENTENCES = {
    ExceptionType.MISSING_IN_BOOKS: "Stripe took {stripe}, and our books have no payment for it.",
    ExceptionType.MISSING_IN_STRIPE: "Our books say {ours} was paid, and Stripe has no such charge on this day.",
    ExceptionType.AMOUNT_MISMATCH: "Our books say {ours} and Stripe took {stripe}.",
    ExceptionType.CURRENCY_MISMATCH: "Our books say {ours} and Stripe took {stripe}, another currency.",
    ExceptionType.DUPLICATE_CHARGE: "Stripe took {stripe} once more for an order that is paid already.",
    ExceptionType.REFUND_MISSING_IN_BOOKS: "Stripe gave {stripe} of this charge back, and our books have no refund.",
    ExceptionType.BALANCE_TRANSACTION_MISSING: "{stripe} is booked, and Stripe has not named its balance transaction.",
    ExceptionType.BALANCE_AMOUNT_MISMATCH: "Stripe's charge says {ours} and its balance transaction says {stripe}.",
    ExceptionType.FEE_MISSING: "Stripe kept a fee of {stripe} that is not in our books.",
}
_NEXT_STEPS = {
    ExceptionType.MISSING_IN_BOOKS: "Open the charge in Stripe, ask who made it, and refund it there.",
    ExceptionType.MISSING_IN_STRIPE: "Compare the charge id with Stripe's dashboard: was it in another Stripe account?",
    ExceptionType.AMOUNT_MISMATCH: "Find out which amount the customer agreed to; refund the difference in Stripe.",
    ExceptionType.CURRENCY_MISMATCH: "Check the price behind this checkout in Stripe; refund the charge if wrong.",
    ExceptionType.DUPLICATE_CHARGE: "Refund the second charge in Stripe.",
    ExceptionType.REFUND_MISSING_IN_BOOKS: "Ask who refunded it in Stripe: the customer still has the credit.",
    ExceptionType.BALANCE_TRANSACTION_MISSING: "Wait: Stripe names it within a day, and a sweep asks. Then run again.",
    ExceptionType.BALANCE_AMOUNT_MISMATCH: "Compare both in Stripe's dashboard and ask Stripe's support.",
    ExceptionType.FEE_MISSING: "Wait for the next sweep, then run again; if it stays, the fee could not be posted.",
}


def sentence(kind: ExceptionType, *, ours: Money | None, stripe: Money | None, locale: str = "en_US") -> str:
    """What is wrong, in one sentence, with the amounts as the reader writes them."""
    words = {
        "ours": format_money(ours, locale) if ours else "nothing",
        "stripe": format_money(stripe, locale) if stripe else "nothing",
    }
    return _SENTENCES[kind].format(**words)


def next_step(kind: ExceptionType) -> str:
    """What a person does about it."""
    return _NEXT_STEPS[kind]


def lines(mismatches: Sequence[Mismatch], payers: Mapping[str, Payer]) -> list[dict[str, Any]]:
    """Exceptions as the table of a page shows them; `payers` by order."""
    locale = formats.reader_locale()
    return [
        {
            "type": line.type,
            "sentence": sentence(line.type, ours=line.ours, stripe=line.stripe, locale=locale),
            "next_step": next_step(line.type),
            "amount": line.amount,
            "occurred_at": line.occurred_at,
            "charge_id": line.charge_id,
            "order_id": line.order_id,
            "payer": payers.get(line.order_id or ""),
            "resolved_at": line.resolved_at,
        }
        for line in mismatches
    ]


def _amounts(amounts: Sequence[Money]) -> str:
    return " and ".join(formats.money(amount.amount_minor, amount.currency) for amount in amounts)


def morning_sentence(
    yesterday: Reconciliation | None, count: int, amounts: Sequence[Money], oldest: timedelta | None
) -> tuple[str, str]:
    """The headline of the morning and the line below it; `count` exceptions are open, the oldest since `oldest`."""
    later = "" if yesterday else "Yesterday has not been reconciled yet."
    if count and oldest is not None:
        return (
            f"{formats.plural(count, 'exception')}, {_amounts(amounts)}, the oldest {formats.span(oldest)} old.",
            later,
        )
    if yesterday is None:
        return "Yesterday has not been reconciled.", "Run it below: it takes a few seconds."
    return "Yesterday is clean.", f"{formats.plural(yesterday.matched, 'payment')} matched to the cent."


def run_sentence(run: Reconciliation) -> str:
    """How the day went, for the headline of a run."""
    day = formats.day(run.day)
    if not run.totals:
        return f"{day}: no payments."
    if run.clean:
        return f"{day} is clean: {formats.plural(run.matched, 'payment')} matched to the cent."
    amounts = [Money(total.open_minor, total.currency) for total in run.totals if total.open]
    return f"{day}: {formats.plural(run.open, 'exception')}, {_amounts(amounts)}; {run.matched} matched."

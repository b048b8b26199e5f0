"""What the pages and the API say of a reconciliation, in words: what is wrong, what to do, how the day went."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, assert_never

from babel.lists import format_list

from services.billing.accounts.account import Payer
from services.billing.reconciliation.reconciliation import ExceptionType, Mismatch, Reconciliation, RunState
from shared import formats
from shared.language import N_, ngettext, pgettext
from shared.language import gettext as _
from shared.money import Money
from shared.reader import reader

_TYPES = {
    ExceptionType.MISSING_IN_BOOKS: N_("Missing in books"),
    ExceptionType.MISSING_IN_STRIPE: N_("Missing in stripe"),
    ExceptionType.AMOUNT_MISMATCH: N_("Amount mismatch"),
    ExceptionType.CURRENCY_MISMATCH: N_("Currency mismatch"),
    ExceptionType.DUPLICATE_CHARGE: N_("Duplicate charge"),
    ExceptionType.REFUND_MISSING_IN_BOOKS: N_("Refund missing in books"),
    ExceptionType.BALANCE_TRANSACTION_MISSING: N_("Balance transaction missing"),
    ExceptionType.BALANCE_AMOUNT_MISMATCH: N_("Balance amount mismatch"),
    ExceptionType.FEE_MISSING: N_("Fee missing"),
    ExceptionType.ORDER_MISMATCH: N_("Order mismatch"),
    ExceptionType.DAY_MISMATCH: N_("Day mismatch"),
    ExceptionType.BALANCE_SOURCE_MISMATCH: N_("Balance transaction of another"),
    ExceptionType.MISSING_IN_LEDGER: N_("Missing in ledger"),
    ExceptionType.BOOKED_TWICE: N_("Booked twice"),
    ExceptionType.UNBALANCED: N_("Unbalanced"),
    ExceptionType.LEDGER_AMOUNT_MISMATCH: N_("Ledger amount mismatch"),
    ExceptionType.LEDGER_CURRENCY_MISMATCH: N_("Ledger currency mismatch"),
    ExceptionType.LEDGER_ACCOUNT_MISMATCH: N_("Wrong ledger account"),
    ExceptionType.LEDGER_WITHOUT_CHARGE: N_("Ledger without charge"),
    ExceptionType.FEE_MISMATCH: N_("Fee mismatch"),
}
_SENTENCES = {
    ExceptionType.MISSING_IN_BOOKS: N_("Stripe took %(stripe)s, and our books have no payment for it."),
    ExceptionType.MISSING_IN_STRIPE: N_("Our books say %(ours)s was paid, and Stripe has no such charge on this day."),
    ExceptionType.AMOUNT_MISMATCH: N_("Our books say %(ours)s and Stripe took %(stripe)s."),
    ExceptionType.CURRENCY_MISMATCH: N_("Our books say %(ours)s and Stripe took %(stripe)s, another currency."),
    ExceptionType.DUPLICATE_CHARGE: N_("Stripe took %(stripe)s once more for an order that is paid already."),
    ExceptionType.REFUND_MISSING_IN_BOOKS: N_(
        "Stripe gave %(stripe)s of this charge back, and our books have no refund."
    ),
    ExceptionType.BALANCE_TRANSACTION_MISSING: N_(
        "%(stripe)s is booked, and Stripe has not named its balance transaction."
    ),
    ExceptionType.BALANCE_AMOUNT_MISMATCH: N_(
        "Stripe's charge says %(ours)s and its balance transaction says %(stripe)s."
    ),
    ExceptionType.FEE_MISSING: N_("Stripe kept a fee of %(stripe)s that is not in our books."),
    ExceptionType.ORDER_MISMATCH: N_(
        "Stripe took %(stripe)s for another order than our books say, or for one that is not settled."
    ),
    ExceptionType.DAY_MISMATCH: N_("Stripe and our books have this payment on different days."),
    ExceptionType.BALANCE_SOURCE_MISMATCH: N_(
        "The balance transaction at this charge of %(ours)s belongs to something else."
    ),
    ExceptionType.MISSING_IN_LEDGER: N_("%(stripe)s was paid for an order, and the ledger has no entries for it."),
    ExceptionType.BOOKED_TWICE: N_(
        "Stripe has %(stripe)s once; the ledger has more than one transaction, %(ours)s in all."
    ),
    ExceptionType.UNBALANCED: N_("What the ledger has for this charge does not sum to zero."),
    ExceptionType.LEDGER_AMOUNT_MISMATCH: N_("The ledger has %(ours)s for a charge of %(stripe)s."),
    ExceptionType.LEDGER_CURRENCY_MISMATCH: N_("The ledger has %(ours)s for a charge of %(stripe)s, another currency."),
    ExceptionType.LEDGER_ACCOUNT_MISMATCH: N_("The ledger has %(ours)s of this charge in the wrong accounts."),
    ExceptionType.LEDGER_WITHOUT_CHARGE: N_("The ledger has %(ours)s that no charge of Stripe's explains."),
    ExceptionType.FEE_MISMATCH: N_("Stripe kept a fee of %(stripe)s, and the ledger has %(ours)s."),
}
_NEXT_STEPS = {
    ExceptionType.MISSING_IN_BOOKS: N_("Open the charge in Stripe, ask who made it, and refund it there."),
    ExceptionType.MISSING_IN_STRIPE: N_(
        "Compare the charge id with Stripe's dashboard: was it in another Stripe account?"
    ),
    ExceptionType.AMOUNT_MISMATCH: N_("Find out which amount the customer agreed to; refund the difference in Stripe."),
    ExceptionType.CURRENCY_MISMATCH: N_("Check the price behind this checkout in Stripe; refund the charge if wrong."),
    ExceptionType.DUPLICATE_CHARGE: N_("Refund the second charge in Stripe."),
    ExceptionType.REFUND_MISSING_IN_BOOKS: N_("Ask who refunded it in Stripe: the customer still has the credit."),
    ExceptionType.BALANCE_TRANSACTION_MISSING: N_(
        "Wait: Stripe names it within a day, and a sweep asks. Then run again."
    ),
    ExceptionType.BALANCE_AMOUNT_MISMATCH: N_("Compare both in Stripe's dashboard and ask Stripe's support."),
    ExceptionType.FEE_MISSING: N_("Wait for the next sweep, then run again; if it stays, the fee could not be posted."),
    ExceptionType.ORDER_MISMATCH: N_("Compare the order that Stripe's charge names with the order in our books."),
    ExceptionType.DAY_MISMATCH: N_("Stripe's time counts. Open the charge, and ask an operator who changed our dates."),
    ExceptionType.BALANCE_SOURCE_MISMATCH: N_(
        "Compare both in Stripe's dashboard, and ask an operator who changed ours."
    ),
    ExceptionType.MISSING_IN_LEDGER: N_(
        "Ask an operator: the ledger is never changed, so entries that are gone are an alarm."
    ),
    ExceptionType.BOOKED_TWICE: N_(
        "Open the charge, see which entries are too many, and ask an operator how they came."
    ),
    ExceptionType.UNBALANCED: N_("Ask an operator: the database refuses such entries, so somebody went around it."),
    ExceptionType.LEDGER_AMOUNT_MISMATCH: N_("Stripe's amount counts. Ask an operator who changed the ledger."),
    ExceptionType.LEDGER_CURRENCY_MISMATCH: N_("Stripe's currency counts. Ask an operator who changed the ledger."),
    ExceptionType.LEDGER_ACCOUNT_MISMATCH: N_(
        "Open the charge, compare its entries, and ask an operator who changed them."
    ),
    ExceptionType.LEDGER_WITHOUT_CHARGE: N_(
        "Look for it in Stripe's dashboard; if it is not there, ask an operator how it came."
    ),
    ExceptionType.FEE_MISMATCH: N_("Stripe's fee counts. Ask an operator who changed the ledger."),
}


def sentence(kind: ExceptionType, *, ours: Money | None, stripe: Money | None) -> str:
    """What is wrong, in one sentence, with the amounts as the reader writes them."""
    return _(_SENTENCES[kind], ours=_side(ours), stripe=_side(stripe))


def _side(amount: Money | None) -> str:
    return formats.money(amount.amount_minor, amount.currency) if amount else pgettext("an amount", "nothing")


def next_step(kind: ExceptionType) -> str:
    """What a person does about it."""
    return _(_NEXT_STEPS[kind])


def lines(mismatches: Sequence[Mismatch], payers: Mapping[str, Payer]) -> list[dict[str, Any]]:
    """Exceptions as the table of a page shows them; `payers` by order."""
    return [
        {
            "type": line.type,
            "type_words": _(_TYPES[line.type]),
            "sentence": sentence(line.type, ours=line.ours, stripe=line.stripe),
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
    return format_list(
        [formats.money(amount.amount_minor, amount.currency) for amount in amounts], locale=reader().language
    )


def morning_sentence(
    yesterday: Reconciliation | None, count: int, amounts: Sequence[Money], oldest: timedelta | None
) -> tuple[str, str]:
    """The headline of the morning and the line below it; `count` exceptions are open, the oldest since `oldest`."""
    if count and oldest is not None:
        headline = ngettext(
            "One exception, %(amounts)s, %(age)s old.",
            "%(num)s exceptions, %(amounts)s, the oldest %(age)s old.",
            count,
            amounts=_amounts(amounts),
            age=formats.span(oldest),
        )
        return headline, "" if yesterday else _("Yesterday has not been reconciled yet.")
    if yesterday is None:
        return _("Yesterday has not been reconciled."), _("Run it below: it takes a few seconds.")
    return _("Yesterday is clean."), _matched(yesterday)


def _matched(run: Reconciliation) -> str:
    return ngettext("One payment matched to the cent.", "%(num)s payments matched to the cent.", run.matched)


def progress_sentence(run: Reconciliation) -> str:
    """How far a run is that has no result yet."""
    match run.state:
        case RunState.READING:
            return ngettext(
                "Reading Stripe's charges of the day: one so far.",
                "Reading Stripe's charges of the day: %(num)s so far.",
                run.mirrored,
            )
        case RunState.COMPARING:
            return ngettext(
                "Comparing one charge with orders, balance transactions and ledger.",
                "Comparing %(num)s charges with orders, balance transactions and ledger.",
                run.mirrored,
            )
        case RunState.STOPPED:
            return _("It failed several times and has stopped. An operator sees why, and lets it go on.")
        case RunState.DONE:
            return _("It is done.")
        case _:
            assert_never(run.state)


def run_sentence(run: Reconciliation) -> str:
    """How the day went, for the headline of a run."""
    day = formats.day(run.day)
    if not run.totals:
        return _("%(day)s: no payments.", day=day)
    if run.clean:
        return _("%(day)s is clean. %(matched)s", day=day, matched=_matched(run))
    amounts = [Money(total.open_minor, total.currency) for total in run.totals if total.open]
    open_ = ngettext(
        "one exception, %(amounts)s", "%(num)s exceptions, %(amounts)s", run.open, amounts=_amounts(amounts)
    )
    matched = ngettext("one payment matched", "%(num)s payments matched", run.matched)
    return _("%(day)s: %(open)s; %(matched)s.", day=day, open=open_, matched=matched)


def left_out_sentence(count: int, amounts: Sequence[Money]) -> str | None:
    """What other installations have charged on the same Stripe account; None where nothing was."""
    if not count:
        return None
    return ngettext(
        "Left out: one charge (%(amounts)s) that another installation has made on this Stripe account.",
        "Left out: %(num)s charges (%(amounts)s) that other installations have made on this Stripe account.",
        count,
        amounts=", ".join(formats.money(amount.amount_minor, amount.currency) for amount in amounts),
    )

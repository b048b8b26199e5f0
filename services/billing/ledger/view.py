"""What is said of the books, in words."""

from datetime import date
from typing import assert_never

from services.billing.ledger.entries import LedgerAccount, SourceKind
from shared import formats
from shared.language import gettext as _
from shared.language import ngettext, pgettext


def source_words(kind: SourceKind) -> str:
    """What happened, as finance reads it."""
    match kind:
        case SourceKind.CHARGE:
            return pgettext("journal", "payment")
        case SourceKind.BALANCE_TRANSACTION:
            return pgettext("journal", "fee")
        case SourceKind.CONSUMPTION:
            return pgettext("journal", "earned")
        case _:
            assert_never(kind)


def account_words(account: LedgerAccount) -> str:
    """The name of an account of the books."""
    match account:
        case LedgerAccount.STRIPE_BALANCE:
            return pgettext("ledger account", "Stripe balance")
        case LedgerAccount.DEFERRED_REVENUE:
            return pgettext("ledger account", "Deferred revenue")
        case LedgerAccount.REVENUE:
            return pgettext("ledger account", "Revenue")
        case LedgerAccount.STRIPE_FEES:
            return pgettext("ledger account", "Stripe fees")
        case LedgerAccount.CURRENCY_EXCHANGE:
            return pgettext("ledger account", "Currency exchange")
        case _:
            assert_never(account)


def day_sentence(day: date, count: int, *, most: int) -> str:
    """How much was booked on a day; more than `most` is not counted."""
    shown = formats.day(day)
    if count > most:
        return _("%(day)s: many transactions.", day=shown)
    return ngettext("%(day)s: %(num)s transaction.", "%(day)s: %(num)s transactions.", count, day=shown)

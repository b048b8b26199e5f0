"""What is said of the books, in words."""

from typing import assert_never

from services.billing.ledger.entries import SourceKind
from shared.language import pgettext


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

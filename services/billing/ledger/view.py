"""What is said of the books, in words."""

from typing import assert_never

from services.billing.ledger.entries import SourceKind


def source_words(kind: SourceKind) -> str:
    """What happened, as finance reads it."""
    match kind:
        case SourceKind.CHARGE:
            return "payment"
        case SourceKind.BALANCE_TRANSACTION:
            return "fee"
        case SourceKind.CONSUMPTION:
            return "earned"
        case _:
            assert_never(kind)

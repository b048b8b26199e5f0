"""The mirror of Stripe's charges and balance transactions, as last read from Stripe."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.orm import Session

from services.billing.base_tables import Moment
from services.billing.gateways.stripe.charges import BalanceTransaction, Charge
from services.billing.payments.tables import balance_transactions, charges, foreign_charges
from shared.language import N_
from shared.money import Money
from shared.work.kind import WorkKind

ASK_AGAIN = timedelta(seconds=60)

WORK = WorkKind(
    "balances",
    charges,
    key="charge_id",
    title=N_("Charges whose balance transaction Stripe has not named"),
)


def _given(names: Sequence[str], kinds: Mapping[str, Any]) -> Any:
    """Rows as one array for each column: any number of them is one statement and one round trip."""
    arrays = (sa.bindparam(name, type_=ARRAY(kinds.get(name, sa.Text))) for name in names)
    rows = sa.func.unnest(*arrays).table_valued(*names, name="given").render_derived()
    return sa.select(*(rows.c[name] for name in names)), rows


_MINOR, _MOMENTS = sa.BigInteger, {"created_at": Moment, "mirrored_at": Moment, "available_on": Moment}
_CHARGE = (
    *("charge_id", "payment_intent_id", "order_id", "balance_transaction_id", "amount_minor", "refunded_minor"),
    *("currency", "created_at", "mirrored_at"),
)
_BALANCE = (
    *("balance_transaction_id", "source_id", "type", "gross_minor", "fee_minor", "currency"),
    *("created_at", "available_on", "mirrored_at"),
)


def _keep_statement() -> Any:
    """What is known stays known: an older reading that comes later takes nothing away.

    Where a reading tells nothing new, no row is written: a day that is read again costs its reading.
    """
    chosen, rows = _given(_CHARGE, {"amount_minor": _MINOR, "refunded_minor": _MINOR, **_MOMENTS})
    due = sa.case((rows.c.balance_transaction_id.is_(None), sa.func.now() + sa.cast(ASK_AGAIN, sa.Interval)))
    row = insert(charges).from_select([*_CHARGE, "due_at"], chosen.add_columns(due))
    known = sa.func.coalesce(row.excluded.balance_transaction_id, charges.c.balance_transaction_id)
    refunded = sa.func.greatest(row.excluded.refunded_minor, charges.c.refunded_minor)
    return row.on_conflict_do_update(
        index_elements=["charge_id"],
        set_={
            "balance_transaction_id": known,
            "refunded_minor": refunded,
            "mirrored_at": row.excluded.mirrored_at,
            "due_at": sa.case((known.is_(None), charges.c.due_at)),
            "parked_at": sa.case((known.is_(None), charges.c.parked_at)),
        },
        where=sa.or_(
            known.is_distinct_from(charges.c.balance_transaction_id),
            refunded > charges.c.refunded_minor,
            known.is_not(None) & sa.or_(charges.c.due_at.is_not(None), charges.c.parked_at.is_not(None)),
        ),
    )


_keep = _keep_statement()
# Stripe never changes a balance transaction's amounts: the first reading is the last word.
_keep_balance = (
    insert(balance_transactions)
    .from_select(_BALANCE, _given(_BALANCE, {"gross_minor": _MINOR, "fee_minor": _MINOR, **_MOMENTS})[0])
    .on_conflict_do_nothing(index_elements=["balance_transaction_id"])
)


def keep_all(session: Session, read: Sequence[Charge], *, now: datetime) -> None:
    """Mirror charges with their balance transactions; of those that have none yet, that it must be asked for."""
    balances = [charge.balance_transaction for charge in read if charge.balance_transaction is not None]
    if balances:
        session.execute(
            _keep_balance,
            {
                "balance_transaction_id": [balance.balance_transaction_id for balance in balances],
                "source_id": [balance.source_id for balance in balances],
                "type": [balance.type for balance in balances],
                "gross_minor": [balance.gross.amount_minor for balance in balances],
                "fee_minor": [balance.fee_minor for balance in balances],
                "currency": [balance.gross.currency for balance in balances],
                "created_at": [balance.created_at for balance in balances],
                "available_on": [balance.available_on for balance in balances],
                "mirrored_at": [now] * len(balances),
            },
        )
    session.execute(
        _keep,
        {
            "charge_id": [charge.charge_id for charge in read],
            "payment_intent_id": [charge.payment_intent_id for charge in read],
            "order_id": [charge.order_id for charge in read],
            "balance_transaction_id": [
                charge.balance_transaction.balance_transaction_id if charge.balance_transaction else None
                for charge in read
            ],
            "amount_minor": [charge.amount.amount_minor for charge in read],
            "refunded_minor": [charge.refunded_minor for charge in read],
            "currency": [charge.amount.currency for charge in read],
            "created_at": [charge.created_at for charge in read],
            "mirrored_at": [now] * len(read),
        },
    )


_count_foreign = (
    insert(foreign_charges)
    .values({column.name: sa.bindparam(column.name) for column in foreign_charges.columns})
    .on_conflict_do_nothing(index_elements=["charge_id"])
)


def count_foreign(session: Session, charge: Charge, *, now: datetime) -> None:
    """Remember that another installation has made this charge; told again, it changes nothing."""
    values: dict[str, Any] = {"charge_id": charge.charge_id, "installation": charge.installation, "seen_at": now}
    values |= {"amount_minor": charge.amount.amount_minor, "currency": charge.amount.currency}
    session.execute(_count_foreign, values | {"created_at": charge.created_at})


def foreign_between(session: Session, begins_at: datetime, ends_at: datetime) -> tuple[int, list[Money]]:
    """How many charges other installations have made in [begins_at, ends_at), and their sum in each currency."""
    created_at = foreign_charges.c.created_at
    query = (
        sa.select(foreign_charges.c.currency, sa.func.count(), sa.func.sum(foreign_charges.c.amount_minor))
        .where(created_at >= begins_at, created_at < ends_at)
        .group_by(foreign_charges.c.currency)
        .order_by(foreign_charges.c.currency)
    )
    rows = session.execute(query).all()
    return sum(row[1] for row in rows), [Money(int(row[2]), row[0]) for row in rows]


def find(session: Session, charge_id: str) -> Charge | None:
    """The charge as mirrored."""
    query = (
        sa.select(
            charges,
            balance_transactions.c.balance_transaction_id.label("balance_id"),
            balance_transactions.c.source_id,
            balance_transactions.c.type,
            balance_transactions.c.gross_minor,
            balance_transactions.c.fee_minor,
            balance_transactions.c.currency.label("balance_currency"),
            balance_transactions.c.created_at.label("balance_created_at"),
            balance_transactions.c.available_on,
        )
        .outerjoin(
            balance_transactions,
            balance_transactions.c.balance_transaction_id == charges.c.balance_transaction_id,
        )
        .where(charges.c.charge_id == charge_id)
    )
    row = session.execute(query).first()
    return _charge(row) if row else None


def _charge(row: sa.Row[Any]) -> Charge:
    balance = row.balance_id and BalanceTransaction(
        balance_transaction_id=row.balance_id,
        source_id=row.source_id,
        type=row.type,
        gross=Money(row.gross_minor, row.balance_currency),
        fee_minor=row.fee_minor,
        created_at=row.balance_created_at,
        available_on=row.available_on,
    )
    return Charge(
        charge_id=row.charge_id,
        payment_intent_id=row.payment_intent_id,
        order_id=row.order_id,
        installation=None,
        amount=Money(row.amount_minor, row.currency),
        refunded_minor=row.refunded_minor,
        paid=True,
        created_at=row.created_at,
        balance_transaction=balance or None,
    )

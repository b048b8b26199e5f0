"""Days of paid orders as the product books them, without Stripe: for what looks at whole days of the books."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from datetime import time as wall_time
from typing import Any

import sqlalchemy as sa

from services.billing.accounts.open import account_of
from services.billing.gateways.stripe.charges import BalanceTransaction, Charge
from services.billing.ledger.book_day import BookDay
from services.billing.orders import store as orders
from services.billing.orders.order import Order, OrderState
from services.billing.orders.settle import settle
from services.billing.reconciliation import store as reconciliations
from services.billing.reconciliation.compare import judge, look
from services.billing.reconciliation.reconciliation import Mismatch, Reconciliation
from shared import clock
from shared.db import Database
from shared.money import Money


@dataclass(frozen=True, kw_only=True, slots=True)
class Paid:
    """One paid order of a day."""

    order_id: str
    charge_id: str
    balance_id: str
    amount: Money


class BookDays:
    """Writes days of books, alters them as their owner, and reconciles them against the mirror alone."""

    def __init__(self, databases: Any) -> None:
        self.db = Database(databases["billing"].app)
        self.owner = sa.create_engine(databases["billing"].owner)

    def close(self) -> None:
        """Give the connections back."""
        self.db.dispose()
        self.owner.dispose()

    def write(self, day: date, amounts: list[tuple[Money, Money, int]]) -> list[Paid]:
        """Paid orders of that day: for each what was charged, what Stripe settled it as, and its fee."""
        noon = datetime.combine(day, wall_time(12), UTC)
        with self.db.transaction() as session:
            account_id = account_of(session, "jo@acme.test", now=noon)
            return [
                self._pay(session, f"{day:%m%d}_{number}", account_id, noon + timedelta(minutes=number), *one)
                for number, one in enumerate(amounts)
            ]

    def _pay(
        self, session: Any, name: str, account_id: str, at: datetime, amount: Money, settled: Money, fee: int
    ) -> Paid:
        order = Order(
            order_id=f"ord_{name}", account_id=account_id, contact_email="jo@acme.test", ticket_id=None,
            product="incident_1", credits=1, response_class="premium", price=amount, lookup_key="incident_1_usd",
            state=OrderState.DRAFT, expires_after_days=365, created_at=at, checkout_expires_at=at + timedelta(hours=1),
        )  # fmt: skip
        orders.insert_draft(session, order, ask_after=timedelta(hours=1))
        balance = BalanceTransaction(
            balance_transaction_id=f"txn_{name}", source_id=f"ch_{name}", type="charge", gross=settled, fee_minor=fee,
            created_at=at, available_on=at + timedelta(days=2),
        )  # fmt: skip
        charge = Charge(
            charge_id=f"ch_{name}", payment_intent_id=f"pi_{name}", order_id=order.order_id,
            installation=None, amount=amount,
            refunded_minor=0, paid=True, created_at=at, balance_transaction=balance,
        )  # fmt: skip
        settle(session, order, charge, session_id=f"cs_{name}")
        return Paid(order_id=order.order_id, charge_id=charge.charge_id, balance_id=f"txn_{name}", amount=amount)

    def lift_the_guards(self) -> None:
        """What the owner of a database can take away: the constraints that keep the books what they are."""
        self.alter(
            "ALTER TABLE ledger_transactions DROP CONSTRAINT ledger_transactions_one_per_source",
            "CREATE INDEX ledger_by_source ON ledger_transactions (source_kind, source_id)",
            "ALTER TABLE ledger_entries DROP CONSTRAINT ledger_entries_transaction_id_fkey",
            "DROP TRIGGER ledger_transactions_balance ON ledger_transactions",
            "DROP TRIGGER ledger_entries_balance ON ledger_entries",
            "ALTER TABLE order_payments DROP CONSTRAINT order_payments_order_id_fkey",
        )

    def alter(self, *statements: str, **values: Any) -> None:
        """Change rows as the owner."""
        with self.owner.begin() as connection:
            for statement in statements:
                connection.execute(sa.text(statement), values)

    def reconcile(self, day: date) -> tuple[Reconciliation, list[Mismatch]]:
        """A run over that day, and what it found."""
        book_day = BookDay(day=day, zone="UTC")
        with self.db.transaction() as session:
            begun = reconciliations.open_run(session, book_day, run_by="test", now=clock.now())
        with self.db.transaction() as looking:
            looked = look(looking, book_day)
            with self.db.transaction() as session:
                now = clock.now()
                totals = judge(session, looked, book_day, reconciliation_id=begun.reconciliation_id, now=now)
                reconciliations.finish(session, begun.reconciliation_id, totals, now=now)
                reconciliations.WORK.forget(session, begun.reconciliation_id)
                run = reconciliations.find(session, begun.reconciliation_id)
                assert run is not None
                return run, list(reconciliations.exceptions_of(session, run, limit=1000))

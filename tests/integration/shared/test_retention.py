"""What grows is emptied when its days are over; what waits, what is young, and what must stay are left alone."""

import importlib
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from services.billing.base_tables import idempotency_keys, inbox, outbox
from services.billing.stripe_inbox.tables import webhook_events
from shared import clock
from shared import retention as emptying
from shared.db import Database
from shared.env import Env
from shared.retention import Retention, forget_old
from tests.support.declared import part
from tests.support.settings import SERVICES, environment

STAYS = {
    "billing": {
        *("ledger_transactions", "ledger_entries", "audit_entries", "accounts", "contacts", "orders"),
        *("order_payments", "charges", "balance_transactions", "consumptions", "reconciliations"),
    },
    "entitlements": {"audit_entries", "credit_entries", "decisions", "grants", "tickets", "accounts"},
    "queue": {"audit_entries", "tickets", "messages", "agents"},
}


def kept(service: str, databases: Any, **settings: str) -> tuple[Retention, ...]:
    variables = environment(service, databases=databases, redis_url="redis://127.0.0.1:1", urls={}, **settings)
    rules: tuple[Retention, ...] = part(service, "retention").retention(
        part(service, "config").Settings.read(Env(variables))
    )
    return rules


@pytest.fixture
def db(databases: Any) -> Iterator[Database]:
    opened = Database(databases["billing"].app)
    yield opened
    opened.dispose()


AGES = {"young": 30, "old": 200}


def seed(db: Database) -> None:
    """In each table a row of each age, and where work is done one that waits and one that is parked."""
    now = clock.now()
    common: dict[str, Any] = {"type": "x", "request_id": "req_1"}
    with db.transaction() as session:
        for age, days in AGES.items():
            then = now - timedelta(days=days)
            session.execute(inbox.insert().values(id=age, type="x", received_at=then))
            key = {"caller": "shop", "key": age, "request_hash": "x", "locked_until": then, "created_at": then}
            session.execute(idempotency_keys.insert().values(key))
            for state in ("waiting", "done", "parked"):
                name, due = f"{age} {state}", now if state == "waiting" else None
                work = common | {"due_at": due, "parked_at": now if state == "parked" else None}
                event = work | {"id": name, "recipient": "queue", "body": {}, "occurred_at": then}
                session.execute(outbox.insert().values(event))
                hook = work | {"event_id": name, "source": "webhook", "body": b"", "created_at": then}
                hook |= {"received_at": then, "handled_at": now if state == "done" else None}
                session.execute(webhook_events.insert().values(hook))


def ids(db: Database, column: sa.Column[Any]) -> set[str]:
    with db.transaction() as session:
        return set(session.execute(sa.select(column)).scalars())


def test_what_is_done_and_old_goes_and_what_waits_or_is_young_stays(db: Database, databases: Any) -> None:
    seed(db)
    work = {f"{age} {state}" for age in AGES for state in ("waiting", "done", "parked")}

    assert forget_old(db, kept("billing", databases, KEEP_KEYS_DAYS="40"))

    assert ids(db, inbox.c.id) == {"young"}
    assert ids(db, idempotency_keys.c.key) == {"young"}
    assert ids(db, outbox.c.id) == work - {"old done"}
    assert ids(db, webhook_events.c.event_id) == work - {"old done"}


def test_each_setting_says_its_own_days(db: Database, databases: Any) -> None:
    seed(db)
    forget_old(db, kept("billing", databases, KEEP_EVENTS_DAYS="10", KEEP_WEBHOOKS_DAYS="300", KEEP_KEYS_DAYS="300"))
    assert ids(db, inbox.c.id) == set()
    assert "young done" not in ids(db, outbox.c.id)
    assert ids(db, idempotency_keys.c.key) == set(AGES)
    assert "old done" in ids(db, webhook_events.c.event_id)


def test_many_rows_go_in_batches_and_a_run_that_ends_early_is_continued(
    db: Database, databases: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(emptying, "BATCH", 10)
    with db.transaction() as session:
        session.connection().exec_driver_sql(
            "INSERT INTO inbox SELECT 'evt_' || n, 'x', now() - interval '1 year' FROM generate_series(1, 35) AS n"
        )
    rules = kept("billing", databases)

    ended = [forget_old(db, rules, lasts_s=0) for _ in range(4)]

    assert ended == [False, False, False, True]
    assert ids(db, inbox.c.id) == set()


def test_a_row_that_somebody_holds_is_left_for_the_next_day(db: Database, databases: Any) -> None:
    seed(db)
    with db.transaction() as session:
        session.execute(sa.select(inbox).where(inbox.c.id == "old").with_for_update())
        assert forget_old(db, kept("billing", databases))
    assert "old" in ids(db, inbox.c.id)
    forget_old(db, kept("billing", databases))
    assert "old" not in ids(db, inbox.c.id)


@pytest.mark.parametrize("service", SERVICES)
def test_books_audit_and_tickets_are_never_emptied(service: str, databases: Any) -> None:
    tables = set(part(service, "tables").metadata.tables)
    assert STAYS[service] <= tables, "the names are those of today"
    emptied = {one.table.name for one in kept(service, databases)}
    assert not emptied & STAYS[service]
    assert emptied >= {"inbox", "outbox"}
    assert ("idempotency_keys" in emptied) == ("idempotency_keys" in tables)


@pytest.mark.parametrize("service", SERVICES)
def test_each_service_forgets_daily(service: str) -> None:
    assert "forget_what_is_old" in importlib.import_module("shared.jobs").schedule_of(service)

"""Entitlements on real Postgres, told and asked as its peers do it."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from flask.testing import FlaskClient

from services.entitlements.app import build_context, create_app
from services.entitlements.base_tables import outbox
from services.entitlements.config import Settings
from services.entitlements.context import Context
from services.entitlements.credits.tables import grants
from services.entitlements.decisions.decide import Question, decide_ticket
from services.entitlements.decisions.decision import Decision
from services.entitlements.take_event import take_events
from shared.env import Env
from tests.support.settings import environment

MONDAY = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
JO = "jo@acme.test"
Body = dict[str, Any]


class Told:
    """The service, with what billing and queue say to it."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self._events = 0

    def event(self, event_type: str, body: Body, event_id: str | None = None) -> bool:
        """Take an event; a new one unless its id is given."""
        self._events += 1
        told = take_events(
            self.context,
            [
                {
                    "id": event_id or f"evt_{self._events}_{id(self)}",
                    "type": event_type,
                    "body": body,
                    "request_id": "req_1",
                    "occurred_at": MONDAY,
                }
            ],
        )
        return bool(told)

    def bought(
        self,
        order: str = "ord_1",
        *,
        ticket: str | None = None,
        size: int = 1,
        account: str = "acc_jo",
        event_id: str | None = None,
        **more: Any,
    ) -> bool:
        """An order is settled."""
        body = {
            "order_id": order,
            "account_id": account,
            "contact_email": JO,
            "product": "incident_1",
            "credits": size,
            "ticket_id": ticket,
            "response_class": "premium",
            "paid_at": (MONDAY + timedelta(minutes=10)).isoformat(),
            "expires_at": None,
            **more,
        }
        return self.event("billing.incidents.purchased.v1", body, event_id)

    def account(
        self,
        account: str,
        version: int,
        *emails: str,
        absorbed: tuple[str, ...] = (),
        name: str | None = "Acme",
    ) -> bool:
        """An account has changed."""
        body = {
            "account_id": account,
            "version": version,
            "name": name,
            "contact_emails": list(emails),
            "absorbed": list(absorbed),
        }
        return self.event("billing.account.changed.v1", body)

    def responded(self, ticket: str = "tkt_1", event_id: str | None = None) -> bool:
        """A person has answered a ticket."""
        at = (MONDAY + timedelta(minutes=40)).isoformat()
        return self.event("queue.ticket.first_responded.v1", {"ticket_id": ticket, "responded_at": at}, event_id)

    def closed(self, ticket: str = "tkt_1", outcome: str = "canceled") -> bool:
        """A ticket has ended."""
        body = {"ticket_id": ticket, "outcome": outcome, "closed_at": MONDAY.isoformat()}
        return self.event("queue.ticket.closed.v1", body)

    def asked(self, ticket: str = "tkt_1", *, verified: bool = False, email: str = JO) -> Decision:
        """Queue asks what a ticket is entitled to."""
        question = Question(ticket_id=ticket, requester_email=email, requester_verified=verified, opened_at=MONDAY)
        return decide_ticket(self.context, question)

    @contextmanager
    def http(self) -> Iterator[FlaskClient]:
        """Its web application, asked over HTTP."""
        app = create_app(self.context.settings)
        try:
            yield app.test_client()
        finally:
            app.extensions["context"].db.dispose()

    def rows(self, statement: str | sa.Select[Any], **values: Any) -> list[tuple[Any, ...]]:
        """What the database says."""
        with self.context.db.transaction() as session:
            found = session.execute(sa.text(statement) if isinstance(statement, str) else statement, values)
            return [tuple(row) for row in found]

    def counters(self) -> list[tuple[int, ...]]:
        """Available, held and consumed of each grant, the oldest first."""
        return self.rows(sa.select(grants.c.available, grants.c.held, grants.c.consumed).order_by(grants.c.created_at))

    def kinds(self) -> list[str]:
        """The kinds of the ledger's entries, oldest first; those of one moment in no order."""
        return [kind for (kind,) in self.rows("SELECT kind FROM credit_entries ORDER BY recorded_at, id")]

    def events_out(self) -> list[tuple[str, Body]]:
        """The events that wait for another service."""
        return [(kind, body) for kind, body in self.rows(sa.select(outbox.c.type, outbox.c.body))]


@contextmanager
def entitlements(databases: Any, **variables: str) -> Iterator[Told]:
    """The service for one test, without wake-ups."""
    given = environment("entitlements", databases=databases, redis_url="redis://127.0.0.1:1", urls={}, **variables)
    context = build_context(Settings.read(Env(given)))
    context.db.enqueue = None
    try:
        yield Told(context)
    finally:
        context.db.dispose()

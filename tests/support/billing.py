"""A shop: billing on real Postgres and the Stripe stand-in, its jobs and webhooks in the hands of the test."""

import hashlib
import hmac
import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from apiflask import APIFlask
from flask.testing import FlaskClient
from requests import Response

from sandbox.stripe import server as stripe_standin
from sandbox.stripe.server import ThreadedHandle
from services.billing.app import build_context, create_app
from services.billing.base_tables import outbox
from services.billing.checkout.ask import ask_for_outcome
from services.billing.checkout.place import OrderRequest, place_order
from services.billing.config import Settings
from services.billing.context import Context
from services.billing.ledger.tables import ledger_entries
from services.billing.offers.push import push_catalog
from services.billing.orders import listing
from services.billing.orders import store as orders
from services.billing.orders.order import Order
from services.billing.payments.mirror import ask_for_balance
from services.billing.payments.store import WORK as BALANCES
from services.billing.pending import KINDS, count_pending
from services.billing.reconciliation import store as reconciliations
from services.billing.reconciliation.begin import begin_run
from services.billing.reconciliation.reconcile import reconcile
from services.billing.reconciliation.reconciliation import Reconciliation
from services.billing.stripe_inbox.handle import handle_event
from services.billing.stripe_inbox.store import WORK as EVENTS
from services.billing.stripe_inbox.tables import webhook_events
from shared import clock
from shared.env import Env
from shared.work.run import run_due
from tests.support import web
from tests.support.calls_outside import calls_outside_transactions
from tests.support.databases import as_owner
from tests.support.settings import API_KEY, STRIPE_KEY, WEBHOOK_SECRET, environment
from tests.support.staff import sign_in
from tests.support.stripe_client import eventually

PURCHASED = "billing.incidents.purchased.v1"
CARD = "4242 4242 4242 4242"
CARD_DECLINED = "4000 0000 0000 0002"


def signed(body: bytes, *, secret: str = WEBHOOK_SECRET, at: float | None = None) -> str:
    """The Stripe-Signature header for a body."""
    moment = int(clock.now().timestamp() if at is None else at)
    digest = hmac.new(secret.encode(), f"{moment}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={moment},v1={digest}"


class Shop:
    """Billing, with the hands of its customers, of Stripe and of finance."""

    def __init__(self, context: Context, app: APIFlask, stripe: ThreadedHandle, variables: dict[str, str]) -> None:
        self.variables = variables
        self.context = context
        self.app = app
        self.standin = stripe
        self.http = web.Visitor(stripe.url, headers={"Authorization": f"Bearer {STRIPE_KEY}"})

    # ---- customers

    def order(self, ticket: str | None = "tkt_1", **request: str) -> Order:
        """Place an order as queue would."""
        values: Any = {"contact_email": "jo@acme.test", "product": "incident_1", "currency": "usd", **request}
        return place_order(self.context, OrderRequest(ticket_id=ticket, **values))

    def pay(self, order: Order, card: str = CARD) -> Response:
        """Fill in Stripe's page, and wait for what Stripe does right after: the charge gets its balance transaction."""
        form = {
            "email": order.contact_email, "card_number": card, "card_expiry": "12 / 34", "card_cvc": "123",
            "name": "Jo Weber", "country": "DE",
        }  # fmt: skip
        answer = web.post(order.checkout_url or "", data=form)
        eventually(lambda: not self.http.get("/_sandbox/state").json()["timers"]["due"])
        return answer

    def bought(self, ticket: str | None = "tkt_1", **request: str) -> Order:
        """An order, paid and settled by its webhook."""
        order = self.order(ticket, **request)
        assert self.pay(order).status_code == 303
        self.deliver()
        return self.now(order)

    def now(self, order: Order) -> Order:
        """The order as it stands."""
        return self.find(order.order_id)

    def find(self, order_id: str) -> Order:
        """The order of that id."""
        with self.context.db.transaction() as session:
            found = orders.find(session, order_id)
        assert found is not None
        return found

    def charge_of(self, order: Order) -> str:
        """The charge that has paid the order."""
        with self.context.db.transaction() as session:
            [payment] = listing.payments_of(session, [order.order_id])[order.order_id]
        return payment.charge_id

    # ---- Stripe

    def fault(self, kind: str, **more: Any) -> None:
        """Let Stripe fail in one of the stand-in's ways."""
        self.http.post("/_sandbox/faults", json={"kind": kind, **more}).raise_for_status()

    def time_passes(self) -> None:
        """What Stripe would do later, it does now."""
        world = self.standin._world
        with world.working() as work:
            work.tx.sql.execute("UPDATE timers SET due = ?", (work.now_exactly,))
        world.wake.set()

    def expire(self, order: Order) -> None:
        """Let the checkout expire."""
        self.http.post(f"/v1/checkout/sessions/{order.checkout_session_id}/expire").raise_for_status()

    def charge_behind_our_back(self, amount: int = 1200, currency: str = "usd") -> str:
        """Somebody charges a card in Stripe's dashboard."""
        made = self.http.post("/_sandbox/charges", json={"amount": amount, "currency": currency})
        made.raise_for_status()
        return str(made.json()["id"])

    def events(self, event_type: str) -> list[dict[str, Any]]:
        """Stripe's events of that type, newest first."""
        listed = self.http.get("/v1/events", params={"type": event_type, "limit": "100"})
        listed.raise_for_status()
        return list(listed.json()["data"])

    def webhook(self, event: dict[str, Any] | bytes, *, client: FlaskClient | None = None, **signature: Any) -> Any:
        """Post a webhook as Stripe would; `header` replaces the signature."""
        body = event if isinstance(event, bytes) else json.dumps(event).encode()
        header = signature.pop("header", None) or signed(body, **signature)
        client = client or self.app.test_client()
        return client.post("/webhooks/stripe", data=body, headers={"Stripe-Signature": header})

    def deliver(self, event_type: str = "checkout.session.completed") -> None:
        """Bring all events of the type as webhooks, and do their work."""
        for event in self.events(event_type):
            assert self.webhook(event).status_code == 200
        self.handle()

    def handle(self) -> int:
        """Do the work of the events that are due; how many went well."""
        return run_due(self.context.db, EVENTS, partial(handle_event, self.context))

    def ask(self) -> int:
        """Ask Stripe for the orders that are due; for how many that went well."""
        return run_due(self.context.db, orders.WORK, partial(ask_for_outcome, self.context))

    def ask_for_balances(self) -> int:
        """Ask Stripe for the balance transactions that are due; for how many that went well."""
        return run_due(self.context.db, BALANCES, partial(ask_for_balance, self.context))

    def reconcile(self, day: date | None = None) -> Reconciliation:
        """A reconciliation of that day (of today), as far as it came."""
        begun = begin_run(self.context, day or clock.now().date(), run_by="Finn Walsh")
        self.bring_forward()
        with self.context.db.transaction() as session:
            found = reconciliations.find(session, begun.reconciliation_id)
        assert found is not None
        return found

    def bring_forward(self) -> None:
        """Do what the runs need that are under way."""
        run_due(self.context.db, reconciliations.WORK, partial(reconcile, self.context), lasts=timedelta(minutes=2))

    def work_is_due(self) -> None:
        """Whatever waits its turn is due now."""
        for table in ("orders", "charges", "webhook_events", "reconciliations"):
            self.execute(f"UPDATE {table} SET due_at = now() WHERE due_at IS NOT NULL")  # noqa: S608 - our own names

    def waiting(self) -> dict[str, int]:
        """What waits, as /readyz tells it, without what is nothing."""
        with self.context.db.transaction() as session:
            return {kind: count for kind, count in count_pending(session).items() if count}

    def parked(self) -> dict[str, str]:
        """What is parked, with its last error."""
        with self.context.db.transaction() as session:
            return {item.key: item.last_error for kind in KINDS for item in kind.parked(session)}

    # ---- what came of it

    def scalar(self, query: Any) -> Any:
        """One value out of the database."""
        with self.context.db.transaction() as session:
            return session.execute(query).scalar()

    def execute(self, statement: str) -> None:
        """Change rows behind the product's back, as the owner: the product's own role may not do everything."""
        with as_owner(self.variables) as connection:
            connection.execute(sa.text(statement))

    def purchases(self) -> list[dict[str, Any]]:
        """The purchases that entitlements was told of."""
        return self.told(PURCHASED)

    def told(self, event_type: str) -> list[dict[str, Any]]:
        """The events of that type that entitlements was told, in their order."""
        query = sa.select(outbox.c.body).where(outbox.c.type == event_type).order_by(outbox.c.id)
        with self.context.db.transaction() as session:
            return list(session.execute(query).scalars())

    def balances(self) -> dict[str, int]:
        """The balance of each ledger account, debit positive, in minor units."""
        query = sa.select(ledger_entries.c.ledger_account, sa.func.sum(ledger_entries.c.amount_minor)).group_by(
            ledger_entries.c.ledger_account
        )
        with self.context.db.transaction() as session:
            return {account: int(total) for account, total in session.execute(query) if total}

    def stored_events(self) -> int:
        """How many webhooks were kept."""
        return int(self.scalar(sa.select(sa.func.count()).select_from(webhook_events)))

    # ---- whoever calls

    def integrator(self) -> FlaskClient:
        """A client with an API key."""
        client = self.app.test_client()
        client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {API_KEY}"
        return client

    def staff(self, *roles: str) -> FlaskClient:
        """A browser of somebody who has signed in."""
        client = self.app.test_client()
        sign_in(client, "finn", "Finn Walsh", *roles)
        return client


def _variables(standin: ThreadedHandle, databases: Any, **more: str) -> dict[str, str]:
    """Billing's environment, with that stand-in as Stripe and nobody at Valkey's address."""
    urls = {"stripe": standin.url}
    return environment("billing", databases=databases, redis_url="redis://127.0.0.1:1", urls=urls, **more)


def _pushed(base: Path, databases: Any) -> Path:
    """The state of a stand-in to which the catalog was pushed: made once, copied for each shop."""
    folder = base / "stripe-with-catalog"
    if not folder.exists():
        standin = stripe_standin.start(folder, STRIPE_KEY)
        push_catalog(build_context(Settings.read(Env(_variables(standin, databases))), pooled=False))
        standin.stop()
    return folder


@contextmanager
def open_shop(folder: Path, databases: Any, **variables: str) -> Iterator[Shop]:
    """A shop for one test, its catalog pushed."""
    shutil.copytree(_pushed(folder.parent, databases), folder / "stripe")
    standin = stripe_standin.start(folder / "stripe", STRIPE_KEY)
    given = _variables(standin, databases, **variables)
    app = create_app(Settings.read(Env(given)))
    context = app.extensions["context"]
    context.db.enqueue = None
    shop = Shop(context, app, standin, given)
    try:
        with calls_outside_transactions():
            yield shop
    finally:
        shop.http.close()
        context.db.dispose()
        for peer in context.peers.values():
            peer.close()
        standin.stop()

"""The queue on real Postgres, with peers that speak HTTP and can fail in every way."""

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from flask import Flask, Response, jsonify, request
from werkzeug.serving import make_server

from services.queue.agents import store as agents
from services.queue.agents.agent import Agent, Tier
from services.queue.app import create_app
from services.queue.config import Settings
from services.queue.context import Context
from services.queue.gateways.mail import Mail, MailServerUnavailable
from services.queue.intake.open import TicketRequest, open_ticket
from services.queue.tickets import store as tickets
from services.queue.tickets.address import mailed_url, page_path
from services.queue.tickets.ticket import Choice, Ticket
from shared import clock
from shared.audit import CUSTOMER
from shared.env import Env
from shared.ids import new_id
from shared.jobs import bind_context, jobs_of, schedule_of
from tests.support.databases import as_owner
from tests.support.settings import environment
from tests.support.staff import sign_in

OFFERS = {
    "items": [
        {
            "product": "incident_1",
            "name": "One incident",
            "credits": 1,
            "kind": "incident",
            "response_class": {"id": "premium"},
            "prices": {
                "usd": {"amount_minor": 4900, "formatted": "$49.00"},
                "eur": {"amount_minor": 4500, "formatted": "€45.00"},
            },
        }
    ]
}
PREMIUM = {
    "id": "premium",
    "rank": 20,
    "taken_by": "senior",
    "names": {"en": "premium", "de": "Premium"},
    "sentences": {"en": "Your ticket is premium: a senior agent takes it next.", "de": "Ihr Ticket ist Premium."},
}
STANDARD = {
    "id": "standard",
    "rank": 10,
    "taken_by": "everybody",
    "names": {"en": "standard", "de": "Standard"},
    "sentences": {"en": "This is our standard answer time, free of charge.", "de": "Kostenlos."},
}
WITHIN_30 = {
    "id": "within-30-minutes",
    "rank": 30,
    "taken_by": "senior",
    "names": {"en": "within 30 minutes", "de": "binnen 30 Minuten"},
    "sentences": {"en": "A senior agent answers within half an hour, day and night.", "de": "Binnen 30 Minuten."},
}
"""What a shop adds to its policy: no code knows of it."""
ALWAYS = {"id": "always", "names": {"en": "around the clock", "de": "rund um die Uhr"}, "zone": "UTC"}
WEEKDAYS = {"id": "weekdays", "names": {"en": "Monday to Friday", "de": "Montag bis Freitag"}, "zone": "Europe/Berlin"}


def target(response_class: dict[str, Any], minutes: int, calendar: dict[str, Any]) -> dict[str, Any]:
    """A class with what it promises, as GET /v1/response-classes lists it."""
    return {"response_class": response_class, "target_minutes": minutes, "calendar": calendar}


CHECKOUT = "https://checkout.stripe.com/c/pay/cs_test_1"


class Peers:
    """Entitlements and billing on one port. `how` is ok, refuses, hangs, fails or babbles, for each of them."""

    def __init__(self) -> None:
        self.entitlements = "ok"
        self.billing = "ok"
        self.trouble_with: dict[str, str] = {}
        self.available = 0
        self.balance_of = lambda _email: self.available
        self.decides = lambda asked: decision(asked["ticket_id"], opened_at=asked["opened_at"])
        self.asked: list[dict[str, Any]] = []
        self.orders: list[dict[str, Any]] = []
        self.classes = [target(PREMIUM, 120, ALWAYS), target(STANDARD, 1440, WEEKDAYS)]
        self.offers: dict[str, Any] = OFFERS
        self.released = threading.Event()
        self._server = make_server("127.0.0.1", 0, self._app(), threaded=True)
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def close(self) -> None:
        """Stop answering."""
        self.released.set()
        self._server.shutdown()
        self._server.server_close()

    def entitlements_for(self, asked: dict[str, Any]) -> str:
        """How the question about this ticket is answered: some tickets have trouble of their own."""
        return self.trouble_with.get(asked["ticket_id"], self.entitlements)

    def _trouble(self, how: str) -> Response | None:
        match how:
            case "hangs":
                self.released.wait(20)
                return Response(status=503)
            case "refuses":
                return Response("{}", status=422, mimetype="application/problem+json")
            case "fails":
                return Response(status=500)
            case "babbles":
                return Response("<h1>It works!</h1>", mimetype="text/html")
            case "babbles json":
                return jsonify(decision_id="dec_1", response_class={"id": "gold"})
            case _:
                return None

    def _app(self) -> Flask:
        app = Flask("peers")

        @app.post("/v1/decisions")
        def decide() -> Any:
            asked = request.get_json()
            self.asked.append(asked)
            return self._trouble(self.entitlements_for(asked)) or jsonify(self.decides(asked))

        @app.get("/v1/response-classes")
        def classes() -> Any:
            return self._trouble(self.entitlements) or jsonify(policy_version="1", items=self.classes)

        @app.get("/v1/balance")
        def balance() -> Any:
            return self._trouble(self.entitlements) or jsonify(
                account_id=None, available=self.balance_of(request.args["email"]), held=0
            )

        @app.get("/v1/offers")
        def offers() -> Any:
            return self._trouble(self.billing) or jsonify(self.offers)

        @app.get("/v1/orders/<order_id>")
        def purchase(order_id: str) -> Any:
            bought = {"order_id": order_id, "credits": 5, "amount_minor": 22500, "currency": "usd"}
            return self._trouble(self.billing) or jsonify(bought | {"paid_at": "2026-11-24T12:00:00+00:00"})

        @app.get("/v1/orders/<order_id>/receipt")
        def receipt(order_id: str) -> Any:
            url = f"https://pay.stripe.com/receipts/{order_id}"
            return self._trouble(self.billing) or jsonify(receipt_url=url)

        @app.post("/v1/orders")
        def order() -> Any:
            self.orders.append(request.get_json())
            return self._trouble(self.billing) or jsonify(order_id="ord_1", state="open", checkout_url=CHECKOUT)

        return app


def decision(
    ticket_id: str,
    *,
    premium: bool = False,
    opened_at: str | None = None,
    sequence: int = 1,
    minutes: int | None = None,
    because: str | None = None,
    **more: Any,
) -> dict[str, Any]:
    """A decision of entitlements, as it travels; a premium one was bought for the ticket unless `because` says else."""
    opened = datetime.fromisoformat(opened_at) if opened_at else clock.now()
    minutes = minutes or (120 if premium else 1440)
    return {
        "decision_id": f"dec_{ticket_id}_{sequence}",
        "ticket_id": ticket_id,
        "sequence": sequence,
        "response_class": PREMIUM if premium else STANDARD,
        "starts_at": opened.isoformat(),
        "respond_by": (opened + timedelta(minutes=minutes)).isoformat(),
        "target_minutes": minutes,
        "calendar": ALWAYS,
        "source": {"kind": "credit", "id": "grt_1"} if premium else None,
        "reasons": [{"code": because or ("paid_for_this_ticket" if premium else "no_credit"), "parameters": {}}],
        "policy_version": "1",
        "decided_at": clock.now().isoformat(),
        **more,
    }


class RecordingMailServer:
    """Takes mails, or does not; `dies_after` takes one and then fails before anybody hears of it."""

    def __init__(self) -> None:
        self.up = True
        self.dies_after = False
        self.taken: list[Mail] = []

    def send(self, mail: Mail) -> None:
        """As SmtpMailServer does."""
        if not self.up:
            raise MailServerUnavailable("The mail server does not answer.")
        self.taken.append(mail)
        if self.dies_after:
            raise KeyboardInterrupt


def credit_for_the_proved(asked: dict[str, Any]) -> dict[str, Any]:
    """A decision as for an account with a credit left: it is used for whoever has proved the address."""
    if asked["requester_verified"]:
        return decision(asked["ticket_id"], premium=True, sequence=2, because="credit_of_account")
    return decision(asked["ticket_id"], opened_at=asked["opened_at"])


class Queue:
    """The service under test, with short ways for what a story needs."""

    def __init__(self, databases: Any, peers: Peers, **more: str) -> None:
        urls = {"entitlements": peers.url, "billing": peers.url, "queue": "http://queue.test"}
        more.setdefault("redis_url", "redis://127.0.0.1:1")
        self.variables = variables = environment("queue", databases=databases, urls=urls, **more)
        self.app = create_app(Settings.read(Env(variables)))
        context: Context = self.app.extensions["context"]
        context.db.enqueue = None
        self.mail = RecordingMailServer()
        self.context = _with_mail(context, self.mail)
        self.app.extensions["context"] = self.context
        self.peers = peers

    def close(self) -> None:
        """Give the connections back."""
        self.context.db.dispose()

    def open(self, **more: Any) -> Ticket:
        """A ticket, by the use case."""
        written: dict[str, Any] = {
            "subject": "Payments fail",
            "text": "Since the update all cards are refused.",
            "tried": "cleared the cache",
            "email": "jo@acme.example.com",
            "name": "Jo Weber",
            "language": "en",
            "zone": "Europe/Berlin",
            "choice": Choice.STANDARD,
            "address_proven": False,
            "actor": CUSTOMER,
        }
        return open_ticket(self.context, TicketRequest(**written | more))

    def open_undecided(self, **more: Any) -> Ticket:
        """A ticket that got no decision from its form."""
        standing, self.peers.entitlements = self.peers.entitlements, "fails"
        ticket = self.open(**more)
        self.peers.entitlements = standing
        return ticket

    def open_premium(self, **more: Any) -> Ticket:
        """A ticket with a credit behind it."""
        ticket = self.open_undecided(**more)
        self.decide(ticket.id, premium=True)
        return self.ticket(ticket.id)

    def decide(self, ticket_id: str, **more: Any) -> bool:
        """Deliver a decision as an event."""
        from services.queue.take_event import take_events  # noqa: PLC0415 - keeps the story's imports short

        body = decision(ticket_id, **more)
        envelope = {"id": new_id("evt"), "type": "entitlements.decision.made.v1", "body": body}
        return bool(take_events(self.context, [envelope]))

    def ticket(self, ticket_id: str) -> Ticket:
        """The ticket as it stands."""
        with self.context.db.transaction() as session:
            return tickets.find(session, ticket_id)

    def path(self, ticket: Ticket) -> str:
        """The page of the browser that filled in the form; it proves no address."""
        return page_path(ticket, self.context.settings)

    def mailed(self, ticket: Ticket) -> str:
        """The path of the link that mails bring."""
        return mailed_url(ticket, self.context.settings).removeprefix(self.context.settings.common.public_url)

    def agent(self, name: str = "Ana Silva", tier: Tier = Tier.SENIOR) -> Agent:
        """Somebody who works here."""
        with self.context.db.transaction() as session:
            return agents.remember(session, new_id("agt"), f"sub-{name}", name, None, tier, clock.now())

    def sweep(self, *names: str) -> None:
        """Run the named sweeps as a worker would; all that the service has where none is named."""
        bind_context(self.context)
        try:
            for name in names or schedule_of("queue"):
                jobs_of("queue")[name]()
        finally:
            bind_context(None)

    def wake(self, name: str, *arguments: str) -> None:
        """Run one job as a worker would that was woken."""
        bind_context(self.context)
        try:
            jobs_of("queue")[name](*arguments)
        finally:
            bind_context(None)

    def let_time_pass(self, table: str) -> None:
        """All work of that table that waits is due now."""
        self.write(f"update {table} set due_at = now() where due_at is not null")  # noqa: S608 - ours

    def rows(self, statement: Any) -> list[Any]:
        """What a query gives."""
        with self.context.db.transaction() as session:
            return list(session.execute(statement))

    def write(self, statement: str, **values: Any) -> None:
        """Change rows behind the service's back: time passes, links are renewed."""
        with as_owner(self.variables) as connection:
            connection.execute(sa.text(statement), values)

    def customer(self) -> "Browser":
        """A browser that nobody knows."""
        return Browser(self.app.test_client())

    def desk(self, name: str = "Ana Silva", *roles: str) -> "Browser":
        """A browser in which somebody has signed in."""
        client = self.app.test_client()
        sign_in(client, f"sub-{name}", name, *(roles or ("agent", "senior")))
        return Browser(client)


class Browser:
    """A client that fills in the forms of the page it is on: hidden fields come along, as in a browser."""

    def __init__(self, client: Any) -> None:
        self.client = client

    def get(self, path: str, **more: Any) -> Any:
        """Load a page."""
        return self.client.get(path, **more)

    def post(self, page: str, action: str, **fields: str) -> Any:
        """Load a page, fill in its form with that action, and send it."""
        html = self.client.get(page).text
        found = re.search(rf'<form[^>]*action="{re.escape(action)}".*?</form>', html, re.DOTALL)
        if found is None and f' form="work" formaction="{action}"' in html:
            found = re.search(r'<form id="work".*?</form>', html, re.DOTALL)
        assert found, f"no form {action} on {page}"
        return self.client.post(action, data=hidden_fields(found[0]) | fields)


def hidden_fields(form: str) -> dict[str, str]:
    """The hidden inputs of a form."""
    inputs = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form)
    return dict(inputs)


def _with_mail(context: Context, mail: RecordingMailServer) -> Context:
    return replace(context, mail=mail)


@contextmanager
def queue_service(databases: Any, **more: str) -> Iterator[Queue]:
    """The queue for one test."""
    peers = Peers()
    queue = Queue(databases, peers, **more)
    try:
        yield queue
    finally:
        queue.close()
        peers.close()


NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)

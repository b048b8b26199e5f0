"""What people and programs see of billing."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from services.billing.gateways.entitlements import EntitlementsGateway
from services.billing.gateways.queue import QueueGateway
from services.billing.offers.push import push_catalog
from shared import clock
from shared.http import PeerRefused, PeerUnavailable
from tests.support.billing import Shop, open_shop

ORDER = {"ticket_id": "tkt_1", "contact_email": "jo@acme.test", "product": "incident_1", "currency": "usd"}


@pytest.fixture
def shop(tmp_path: Path, databases: Any) -> Iterator[Shop]:
    with open_shop(tmp_path, databases) as opened:
        yield opened


class Peer:
    """Another service, as far as the trace asks it."""

    def __init__(self, answers: dict[str, Any] | None) -> None:
        self._answers = answers

    def get(self, path: str, params: Any = None, deadline_s: float | None = None) -> dict[str, Any]:  # noqa: ARG002
        if self._answers is None:
            raise PeerUnavailable("peer", "it is away")
        if path not in self._answers:
            raise PeerRefused("peer", 404, {})
        return dict(self._answers[path])


def with_peers(shop: Shop, **peers: dict[str, Any] | None) -> None:
    made: dict[str, Any] = {name: Peer(answers) for name, answers in peers.items()}
    shop.app.extensions["context"] = replace(
        shop.context, entitlements=EntitlementsGateway(made["entitlements"]), queue=QueueGateway(made["queue"])
    )


# ---- the offer


@pytest.mark.parametrize(
    ("query", "language", "price"),
    [
        ("?currency=jpy", "en-US", "¥7,500"),
        ("?currency=GBP", "en-US", "£42.00"),
        ("", "de-DE", "49,00\xa0€"),
        ("", "en-GB", "£42.00"),
        ("", "pt-BR", "49,00"),
        ("?currency=chf", "en-US", "$49.00"),
        ("?currency=<script>", "", "$49.00"),
    ],
)
def test_prices_stand_in_the_readers_currency_and_format(shop: Shop, query: str, language: str, price: str) -> None:
    page = shop.app.test_client().get(f"/{query}", headers={"Accept-Language": language})
    assert price in page.text
    assert "<script>" not in page.text.replace("<script src", "")


def test_the_form_may_lead_to_queue_and_nowhere_else(shop: Shop) -> None:
    policy = shop.app.test_client().get("/").headers["Content-Security-Policy"]
    assert "form-action 'self' http://127.0.0.1:1" in policy
    assert "default-src 'self'" in policy


# ---- the API


def test_an_order_can_be_placed_read_and_listed(shop: Shop) -> None:
    client = shop.integrator()
    made = client.post("/v1/orders", json=ORDER, headers={"Idempotency-Key": "k1"})
    assert made.status_code == 200, made.text
    assert made.json["state"] == "open"
    assert made.json["checkout_url"].startswith(shop.standin.url)

    again = client.post("/v1/orders", json=ORDER, headers={"Idempotency-Key": "k1"})
    assert again.json == made.json
    one = client.get(f"/v1/orders/{made.json['order_id']}").json
    assert (one["amount_minor"], one["currency"], one["ticket_id"]) == (4900, "usd", "tkt_1")
    listed = client.get("/v1/orders?ticket_id=tkt_1&state=open").json
    assert [item["order_id"] for item in listed["items"]] == [made.json["order_id"]]
    assert listed["next_cursor"] is None
    assert client.get("/v1/orders/ord_none").status_code == 404


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"amount": 1}, "amount"),
        ({"price": 100}, "price"),
        ({"quantity": 3}, "quantity"),
        ({"product": "gold"}, "product"),
        ({"currency": "xyz"}, "currency"),
        ({"contact_email": "nobody"}, "contact_email"),
        ({"contact_email": None}, "contact_email"),
        ({"ticket_id": "x" * 65}, "ticket_id"),
        ({"product": ["incident_1"]}, "product"),
    ],
)
def test_wrong_input_is_refused_and_the_field_named(shop: Shop, change: dict[str, Any], field: str) -> None:
    answer = shop.integrator().post("/v1/orders", json=ORDER | change, headers={"Idempotency-Key": "k1"})
    assert answer.status_code == 422, answer.text
    assert answer.mimetype == "application/problem+json"
    assert any(field in error["field"] for error in answer.json["errors"])


def test_orders_come_in_pages(shop: Shop) -> None:
    for number in range(5):
        shop.order(f"tkt_{number}")
    client = shop.integrator()
    seen, cursor = [], ""
    while True:
        page = client.get(f"/v1/orders?limit=2{cursor}").json
        seen += [item["ticket_id"] for item in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"
    assert seen == ["tkt_4", "tkt_3", "tkt_2", "tkt_1", "tkt_0"]
    assert client.get("/v1/orders?cursor=nonsense").status_code == 422


def test_a_reconciliation_by_api_names_its_exceptions(shop: Shop) -> None:
    shop.bought()
    charge_ids = {shop.charge_behind_our_back(amount) for amount in (1200, 1300, 1400)}
    client, key = shop.integrator(), {"Idempotency-Key": "r1"}

    day = clock.now().date().isoformat()
    made = client.post("/v1/reconciliations", json={"date": day}, headers=key)
    assert made.status_code == 201, made.text
    assert (made.json["state"], made.json["clean"]) == ("reading", False)
    shop.bring_forward()
    run = client.get(f"/v1/reconciliations/{made.json['reconciliation_id']}").json
    assert (run["state"], run["mirrored"]) == ("done", 4)
    assert (run["matched"], run["open"], run["clean"], run["run_by"]) == (1, 3, False, "shop")
    assert run["totals"] == [
        {"currency": "usd", "matched": 1, "matched_minor": 4900, "fees_minor": 172, "open": 3, "open_minor": 3900}
    ]
    listed = client.get("/v1/reconciliations").json["items"]
    assert [item["reconciliation_id"] for item in listed] == [run["reconciliation_id"]]

    path = f"/v1/reconciliations/{run['reconciliation_id']}/exceptions"
    first = client.get(f"{path}?limit=2").json
    second = client.get(f"{path}?limit=2&cursor={first['next_cursor']}").json
    items = first["items"] + second["items"]
    assert {item["charge_id"] for item in items} == charge_ids
    assert {item["type"] for item in items} == {"missing_in_books"}
    assert items[0]["stripe"]["currency"] == "usd"
    assert items[0]["ours"] is None
    assert "our books have no payment" in items[0]["sentence"]
    assert client.get("/v1/reconciliations/rec_none/exceptions").status_code == 404


@pytest.mark.parametrize("date", ["2999-01-01", "yesterday", None, 5])
def test_a_day_that_is_none_is_refused(shop: Shop, date: Any) -> None:
    answer = shop.integrator().post("/v1/reconciliations", json={"date": date}, headers={"Idempotency-Key": "r"})
    assert answer.status_code == 422
    assert "date" in answer.json["errors"][0]["field"]


@pytest.mark.parametrize(
    "path", ["/v1/orders", "/v1/orders/ord_1", "/v1/reconciliations", "/v1/reconciliations/rec_1/exceptions"]
)
def test_a_stranger_reads_nothing(shop: Shop, path: str) -> None:
    assert shop.app.test_client().get(path).status_code == 401
    assert shop.staff("agent", "senior", "supervisor").get(path).status_code == 403


def test_the_reference_describes_every_operation(shop: Shop) -> None:
    client = shop.app.test_client()
    document = client.get("/openapi.json").json
    assert document["openapi"].startswith("3.1")
    assert {"/v1/offers", "/v1/orders", "/v1/orders/{order_id}", "/v1/reconciliations"} <= set(document["paths"])
    assert client.get("/docs").status_code == 200


def test_readiness_tells_what_waits(shop: Shop) -> None:
    shop.bought()
    ready = shop.app.test_client().get("/readyz")
    assert ready.status_code == 200
    assert ready.json["pending"]["outbox"] == 2
    assert 'pending{kind="webhook_events",service="billing"} 0.0' in shop.app.test_client().get("/metrics").text


# ---- finance


@pytest.mark.parametrize(
    "path", ["/finance", "/finance/journal", "/finance/reconciliations/rec_1", "/finance/charges/ch_1"]
)
def test_finance_pages_are_for_finance(shop: Shop, path: str) -> None:
    here = shop.context.settings.common.public_url
    stranger = shop.app.test_client().get(path, headers={"Accept": "text/html"}, base_url=here)
    assert stranger.status_code == 302
    assert stranger.location.startswith("/signin?next=")
    assert shop.staff("agent", "supervisor", "operator").get(path).status_code == 403


def test_the_morning_is_empty_on_the_first_day(shop: Shop) -> None:
    page = shop.staff("finance").get("/finance")
    assert page.status_code == 200
    assert "Yesterday has not been reconciled." in page.text
    assert "Nothing is open." in page.text
    assert "No day was reconciled yet." in page.text


def form(shop: Shop, **fields: str) -> Any:
    """Post the form of the morning page, with its token."""
    client = shop.staff("finance")
    token = client.get("/finance").text.partition('name="csrf_token" value="')[2].partition('"')[0]
    return client.post("/finance/reconciliations", data={"csrf_token": token, **fields}), client


def test_finance_runs_a_day_and_reads_what_does_not_match(shop: Shop) -> None:
    order = shop.bought()
    charge_id = shop.charge_behind_our_back(1200)

    answer, client = form(shop, date=clock.now().date().isoformat())

    assert answer.status_code == 303
    waiting = client.get(answer.location)
    assert "so far" in waiting.text
    assert f'data-live-url="{answer.location}/progress"' in waiting.text
    assert "X-Live-Stop" not in client.get(f"{answer.location}/progress").headers
    shop.bring_forward()
    assert client.get(f"{answer.location}/progress").headers["X-Live-Stop"] == "1"
    page = client.get(answer.location)
    assert "one exception, $12.00; one payment matched." in page.text
    assert "Missing in books" in page.text
    assert f"/finance/charges/{charge_id}" in page.text
    assert f"/finance/charges/{shop.charge_of(order)}" in page.text
    assert "$1.72" in page.text
    morning = client.get("/finance").text
    assert "One exception, $12.00," in morning
    assert "$49.00" in morning  # owed


def test_a_clean_day_says_so(shop: Shop) -> None:
    shop.bought()
    answer, client = form(shop, date=clock.now().date().isoformat())
    shop.bring_forward()
    assert "is clean. One payment matched to the cent." in client.get(answer.location).text


def test_an_older_run_leads_to_the_newest(shop: Shop) -> None:
    today = clock.now().date()
    runs = [shop.reconcile(today) for _ in range(2)]
    page = shop.staff("finance").get(f"/finance/reconciliations/{runs[0].reconciliation_id}").text
    assert f'href="/finance/reconciliations/{runs[1].reconciliation_id}"' in page


@pytest.mark.parametrize("day", ["", "tomorrow", "2999-12-31"])
def test_a_wrong_day_keeps_the_page_and_says_why(shop: Shop, day: str) -> None:
    answer, _ = form(shop, date=day)
    assert answer.status_code == 422
    assert "The day was not reconciled." in answer.text


def test_a_run_that_has_stopped_says_who_goes_on(shop: Shop) -> None:
    answer, client = form(shop, date=clock.now().date().isoformat())
    shop.execute("UPDATE reconciliations SET parked_at = now(), due_at = NULL")
    assert "An operator sees why" in client.get(answer.location).text


def test_books_that_somebody_altered_can_still_be_read(shop: Shop) -> None:
    gone, altered = shop.bought("tkt_1"), shop.bought("tkt_2")
    owner = sa.create_engine(shop.variables["MIGRATION_DATABASE_URL"], poolclass=sa.pool.NullPool)
    with owner.begin() as connection:
        of = "(SELECT transaction_id FROM ledger_transactions WHERE source_kind = 'charge' AND order_id = :order_id)"
        for statement, order in (
            (f"DELETE FROM ledger_entries WHERE transaction_id = {of}", gone),  # noqa: S608 - our own names
            (f"UPDATE ledger_entries SET amount_minor = 7777 WHERE line = 1 AND transaction_id = {of}", altered),  # noqa: S608 - our own names
        ):
            connection.execute(sa.text(statement), {"order_id": order.order_id})
    client = shop.staff("finance")
    journal = client.get("/finance/journal")
    assert journal.status_code == 200
    assert "$77.77" in journal.text
    assert "Its entries are gone." in journal.text
    for order in (gone, altered):
        assert client.get(f"/finance/charges/{shop.charge_of(order)}").status_code == 200


def test_a_form_without_its_token_is_refused(shop: Shop) -> None:
    assert shop.staff("finance").post("/finance/reconciliations", data={"date": "2026-11-23"}).status_code == 400


def test_the_trace_follows_a_charge_to_the_minute_of_the_answer(shop: Shop) -> None:
    order = shop.bought()
    assert order.paid_at is not None
    answered = order.paid_at + timedelta(minutes=38)
    grant = {
        "grant_id": "grt_1", "ticket_id": "tkt_1", "credits": 1, "available": 0, "held": 0, "consumed": 1,
        "granted_at": order.paid_at.isoformat(), "entries": [{"ticket_id": "tkt_1"}],
    }  # fmt: skip
    ticket = {
        "ticket_id": "tkt_1", "number": 4821, "state": "waiting", "opened_at": order.created_at.isoformat(),
        "first_responded_at": answered.isoformat(), "minutes_to_first_response": 38,
    }  # fmt: skip
    with_peers(
        shop,
        entitlements={f"/v1/traces/{order.order_id}": {"grants": [grant]}},
        queue={"/v1/tickets/tkt_1": ticket},
    )

    page = shop.staff("finance").get(f"/finance/charges/{shop.charge_of(order)}").text

    assert "$49.00 paid, and a person answered after 38 minutes." in page
    for part in (
        shop.charge_of(order),
        order.order_id,
        "grt_1",
        "tkt_1",
        "Ticket #4821",
        "after 38 minutes",
        "fee $1.72",
    ):
        assert str(part) in page
    assert page.count("is-reached") == 5
    assert page.count("is-waiting") == 1  # revenue: entitlements has not told of the consumption yet


@pytest.mark.parametrize("answers", [None, {}])
def test_the_trace_bears_services_that_are_away_or_know_nothing(shop: Shop, answers: dict[str, Any] | None) -> None:
    order = shop.bought()
    with_peers(shop, entitlements=answers, queue=answers)

    page = shop.staff("finance").get(f"/finance/charges/{shop.charge_of(order)}")

    assert page.status_code == 200
    assert "no answer is on record yet" in page.text
    assert ("does not answer just now" in page.text) is (answers is None)


def test_the_trace_of_a_charge_behind_our_back_ends_there(shop: Shop) -> None:
    charge_id = shop.charge_behind_our_back()
    shop.reconcile()
    page = shop.staff("finance").get(f"/finance/charges/{charge_id}").text
    assert "$12.00 that our books know nothing of." in page
    assert "is-missing" in page
    assert shop.staff("finance").get("/finance/charges/ch_none").status_code == 404


def test_the_trace_of_a_ticket_with_an_odd_name_asks_for_that_ticket_and_nothing_else(shop: Shop) -> None:
    order = shop.bought("../orders?x#\n1")
    with_peers(
        shop,
        entitlements={f"/v1/traces/{order.order_id}": {"grants": []}},
        queue={"/v1/tickets/..%2Forders%3Fx%23%0A1": {"number": 7411, "state": "open"}},
    )
    page = shop.staff("finance").get(f"/finance/charges/{shop.charge_of(order)}")
    assert page.status_code == 200
    assert "Ticket #7411" in page.text


def test_the_journal_shows_the_books_of_a_day(shop: Shop) -> None:
    order = shop.bought()
    page = shop.staff("finance").get("/finance/journal").text
    assert "2 transactions." in page
    assert str(shop.charge_of(order)) in page
    assert "Deferred revenue" in page
    assert "0 transactions." in shop.staff("finance").get("/finance/journal?date=2020-01-01").text
    assert "Choose a day" in shop.staff("finance").get("/finance/journal?date=x").text


# ---- the catalog at Stripe


def test_the_catalog_is_pushed_once(shop: Shop) -> None:
    assert push_catalog(shop.context) == []
    prices = shop.http.get("/v1/prices", params={"limit": "100"}).json()["data"]
    assert len(prices) == 20
    assert {price["recurring"]["interval"] for price in prices if price["recurring"]} == {"month", "year"}


def test_a_new_figure_takes_the_lookup_key_over_and_may_come_back(shop: Shop) -> None:
    one, *rest = shop.context.catalog.products
    dearer = replace(shop.context.catalog, products=(replace(one, prices={**one.prices, "usd": 5900}), *rest))

    assert push_catalog(replace(shop.context, catalog=dearer)) == ["incident_1_usd"]
    found = shop.context.stripe.prices.find("incident_1_usd")
    assert found is not None
    assert found.amount.amount_minor == 5900

    assert push_catalog(shop.context) == ["incident_1_usd"]
    back = shop.context.stripe.prices.find("incident_1_usd")
    assert back is not None
    assert back.amount.amount_minor == 4900
    assert shop.order().price.amount_minor == 4900


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])
def test_a_day_that_no_zone_can_hold_is_refused_with_a_sentence(shop: Shop, day: str) -> None:
    answer, _ = form(shop, date=day)
    assert answer.status_code == 422
    finn = shop.staff("finance")
    assert finn.get(f"/finance/journal?date={day}").status_code == 200

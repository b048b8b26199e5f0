"""A company's people buy, each with an address of their own, and find one balance: told through all services."""

from typing import Any
from uuid import uuid4

from tests.support import web
from tests.support.customer import Customer
from tests.support.house import House
from tests.support.settings import API_KEY


def post(premises: House, path: str, **body: Any) -> Any:
    headers = {"Authorization": f"Bearer {API_KEY}", "Idempotency-Key": uuid4().hex}
    answer = web.post(premises.billing.url + path, json=body, headers=headers)
    assert answer.ok, answer.text
    return answer.json()


def buys(premises: House, email: str, product: str) -> None:
    order = post(premises, "/v1/orders", ticket_id=None, contact_email=email, product=product, currency="usd")
    Customer(premises, email).open(order["checkout_url"]).pay()
    premises.drain()


def balance(premises: House, email: str) -> tuple[str, int]:
    headers = {"Authorization": f"Bearer {API_KEY}"}
    told = web.read(f"{premises.entitlements.url}/v1/balance", params={"email": email}, headers=headers)
    return told["account_id"], told["available"]


def test_a_colleague_buys_and_the_companys_balance_shows_it(premises: House) -> None:
    buys(premises, "jo@acme.test", "incident_5")
    acme = post(premises, "/v1/accounts", name="Acme GmbH")["account_id"]
    post(premises, f"/v1/accounts/{acme}/contacts", email="jo@acme.test")
    post(premises, f"/v1/accounts/{acme}/contacts", email="anna@acme.test")
    premises.drain()
    assert balance(premises, "jo@acme.test") == balance(premises, "anna@acme.test") == (acme, 5)

    buys(premises, "anna@acme.test", "incident_1")
    assert balance(premises, "jo@acme.test") == balance(premises, "anna@acme.test") == (acme, 6)

    finn = premises.staff("Finn", "finance").open(f"{premises.billing.url}/finance/accounts/{acme}")
    for words in ("Acme GmbH", "jo@acme.test", "anna@acme.test", "$225.00", "$49.00"):
        assert words in finn.page
    assert "Acme GmbH" in finn.open(f"{premises.billing.url}/finance/journal").page

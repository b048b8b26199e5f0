"""Who pays: an account opens with the first order, and people who share what they buy belong to a company."""

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from services.billing.accounts import store as accounts
from services.billing.accounts.account import Account
from services.billing.accounts.add_contact import ContactRequest, add_contact
from services.billing.accounts.create_company import CompanyRequest, create_company
from services.billing.accounts.errors import (
    AccountNotFound,
    CompanyExists,
    CompanyNameMissing,
    ContactTaken,
    NotACompany,
)
from services.billing.accounts.open import account_of
from services.billing.accounts.tell import CHANGED
from services.billing.base_tables import audit_entries
from services.billing.customers.errors import NothingToDecide
from services.billing.customers.give_up import GiveUpRequest, give_up
from services.billing.ledger.tables import ledger_transactions
from services.billing.orders.order import OrderState
from services.billing.orders.tables import orders
from shared import clock
from shared.email_address import AddressInvalid
from tests.support.billing import Shop, open_shop


@pytest.fixture
def shop(tmp_path: Path, databases: Any) -> Iterator[Shop]:
    with open_shop(tmp_path, databases) as opened:
        yield opened


def company(shop: Shop, name: str = "Acme GmbH", *people: str) -> Account:
    made = create_company(shop.context, CompanyRequest(name=name, actor="staff:finn"))
    for email in people:
        made = add(shop, made.account_id, email)
    return made


def add(shop: Shop, account_id: str, email: str) -> Account:
    return add_contact(shop.context, ContactRequest(account_id=account_id, email=email, actor="staff:finn"))


def find(shop: Shop, account_id: str) -> Account:
    with shop.context.db.transaction() as session:
        found = accounts.find(session, account_id)
    assert found is not None
    return found


def trail(shop: Shop, account_id: str) -> list[tuple[int, str, str]]:
    query = (
        sa.select(audit_entries)
        .where(audit_entries.c.aggregate == "account", audit_entries.c.aggregate_id == account_id)
        .order_by(audit_entries.c.number)
    )
    with shop.context.db.transaction() as session:
        return [(row.number, row.action, row.actor) for row in session.execute(query)]


# ---- what happens to accounts


def test_the_first_order_opens_an_account_and_entitlements_hears_of_it_once(shop: Shop) -> None:
    order = shop.order("tkt_1", contact_email=" Jo@ACME.test ")
    assert shop.order("tkt_2").account_id == order.account_id

    assert shop.told(CHANGED) == [
        {"account_id": order.account_id, "version": 1, "name": None, "contact_emails": ["jo@acme.test"], "absorbed": []}
    ]
    assert trail(shop, order.account_id) == [(1, "opened", "system")]


def test_who_is_added_to_a_company_buys_for_it(shop: Shop) -> None:
    acme = company(shop, "Acme GmbH", "ann@acme.test")
    order = shop.bought("tkt_1", contact_email="Ann@acme.test")

    assert order.account_id == acme.account_id
    assert [told["version"] for told in shop.told(CHANGED)] == [1, 2]
    assert shop.purchases()[0]["account_id"] == acme.account_id
    assert trail(shop, acme.account_id) == [(1, "created", "staff:finn"), (2, "contact_added", "staff:finn")]


def test_what_a_person_bought_alone_becomes_the_companys_and_keeps_its_own_account(shop: Shop) -> None:
    alone = shop.bought("tkt_1")
    acme = company(shop, "Acme GmbH", "ann@acme.test")

    joined = add(shop, acme.account_id, "jo@acme.test")

    assert joined.contact_emails == ("ann@acme.test", "jo@acme.test")
    assert joined.absorbed == (alone.account_id,)
    absorbed = find(shop, alone.account_id)
    assert (absorbed.merged_into, absorbed.contact_emails) == (acme.account_id, ())
    assert shop.scalar(sa.select(orders.c.account_id).where(orders.c.order_id == alone.order_id)) == alone.account_id
    booked = sa.select(ledger_transactions.c.account_id).where(ledger_transactions.c.source_kind == "charge")
    assert shop.scalar(booked) == alone.account_id
    assert shop.told(CHANGED)[-1] == {
        "account_id": acme.account_id, "version": 3, "name": "Acme GmbH",
        "contact_emails": ["ann@acme.test", "jo@acme.test"], "absorbed": [alone.account_id],
    }  # fmt: skip
    assert trail(shop, alone.account_id) == [(1, "opened", "system"), (2, "absorbed", "staff:finn")]

    assert shop.order("tkt_2").account_id == acme.account_id


def test_adding_somebody_twice_changes_nothing(shop: Shop) -> None:
    acme = company(shop, "Acme GmbH", "jo@acme.test")
    assert add(shop, acme.account_id, "JO@acme.test") == acme
    assert len(shop.told(CHANGED)) == 2


def test_somebody_elses_person_stays_with_them(shop: Shop) -> None:
    acme, other = company(shop, "Acme GmbH", "jo@acme.test"), company(shop, "Other AG")
    with pytest.raises(ContactTaken, match="belongs to Acme GmbH") as refusal:
        add(shop, other.account_id, "jo@acme.test")
    assert (refusal.value.field, refusal.value.facts["account_id"]) == ("email", acme.account_id)
    assert find(shop, other.account_id).version == 1


def test_a_persons_account_takes_no_second_person(shop: Shop) -> None:
    order = shop.order()
    with pytest.raises(NotACompany, match="Make a company"):
        add(shop, order.account_id, "ann@acme.test")


@pytest.mark.parametrize("name", ["", "   ", "\t\n"])
def test_a_company_needs_a_name(shop: Shop, name: str) -> None:
    with pytest.raises(CompanyNameMissing):
        company(shop, name)


def test_two_companies_of_one_name_would_be_mixed_up(shop: Shop) -> None:
    acme = company(shop)
    with pytest.raises(CompanyExists) as refusal:
        company(shop, " acme  gmbh ")
    assert refusal.value.facts["account_id"] == acme.account_id


@pytest.mark.parametrize(
    "address", ["", "jo", "jo@", "@acme.test", "jo@acme", "jo@ac me.test", "a@b@c.test", "jo@.test"]
)
def test_what_is_no_address_is_nobody(shop: Shop, address: str) -> None:
    with pytest.raises(AddressInvalid):
        add(shop, company(shop).account_id, address)


def test_nobody_is_added_to_what_is_not_there(shop: Shop) -> None:
    with pytest.raises(AccountNotFound):
        add(shop, "acc_none", "jo@acme.test")


def test_two_companies_that_want_one_person_at_once_do_not_both_get_them(shop: Shop) -> None:
    shop.order()
    wanted = [company(shop, f"Company {number}") for number in range(8)]

    def want(one: Account) -> bool:
        try:
            add(shop, one.account_id, "jo@acme.test")
        except ContactTaken:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        got = list(pool.map(want, wanted))
    assert sum(got) == 1


def test_orders_and_additions_of_a_new_address_at_once_leave_one_account_for_it(shop: Shop) -> None:
    acme = company(shop)
    with ThreadPoolExecutor(8) as pool:
        placed = [pool.submit(shop.order, f"tkt_{number}", contact_email="new@acme.test") for number in range(6)]
        added = pool.submit(add, shop, acme.account_id, "new@acme.test")
        ids = {one.result().account_id for one in placed}
        added.result()
    joined = find(shop, acme.account_id)
    assert joined.contact_emails == ("new@acme.test",)
    assert ids <= set(joined.family)
    assert len(joined.absorbed) <= 1


def test_whoever_meets_a_new_address_second_waits_for_the_first(shop: Shop) -> None:
    with ThreadPoolExecutor(1) as pool:
        with shop.context.db.transaction() as session:
            first = account_of(session, "new@acme.test", now=clock.now())
            second = pool.submit(shop.order, contact_email="new@acme.test")
            with pytest.raises(TimeoutError):
                second.result(timeout=0.5)
        assert second.result().account_id == first
    assert len(shop.told(CHANGED)) == 1


def test_postgres_lets_no_company_become_a_part_of_another(shop: Shop) -> None:
    acme, other = company(shop), company(shop, "Other AG")
    with pytest.raises(IntegrityError, match="never_absorbed"):
        shop.execute(f"UPDATE accounts SET merged_into = '{acme.account_id}' WHERE account_id = '{other.account_id}'")  # noqa: S608 - the test's own ids


# ---- by program


def test_an_integrator_makes_a_company_adds_a_person_and_reads_it(shop: Shop) -> None:
    alone = shop.order()
    client = shop.integrator()
    made = client.post("/v1/accounts", json={"name": "Acme GmbH"}, headers={"Idempotency-Key": "a1"})
    assert made.status_code == 201, made.text
    again = client.post("/v1/accounts", json={"name": "Acme GmbH"}, headers={"Idempotency-Key": "a1"})
    assert again.json == made.json
    account_id = made.json["account_id"]

    person = {"email": "Jo@acme.test"}
    added = client.post(f"/v1/accounts/{account_id}/contacts", json=person, headers={"Idempotency-Key": "c1"})
    assert added.status_code == 200, added.text
    assert (added.json["version"], added.json["contact_emails"]) == (2, ["jo@acme.test"])
    assert client.get(f"/v1/accounts/{account_id}").json == added.json
    assert client.get(f"/v1/accounts/{alone.account_id}").json["merged_into"] == account_id
    assert trail(shop, account_id)[-1] == (2, "contact_added", "integrator:shop")


def test_an_integrator_is_told_what_is_wrong(shop: Shop) -> None:
    acme, other = company(shop, "Acme GmbH", "jo@acme.test"), company(shop, "Other AG")
    client = shop.integrator()

    def post(path: str, body: dict[str, Any]) -> Any:
        return client.post(path, json=body, headers={"Idempotency-Key": f"{path}{body}"})

    taken = post(f"/v1/accounts/{other.account_id}/contacts", {"email": "jo@acme.test"})
    assert (taken.status_code, taken.json["code"]) == (409, "contact_taken")
    assert "Acme GmbH" in taken.json["detail"]
    assert post("/v1/accounts", {"name": "ACME gmbh"}).json["code"] == "company_exists"
    assert post("/v1/accounts", {"name": "  "}).status_code == 422
    assert post("/v1/accounts", {"name": "A", "plan": "gold"}).status_code == 422
    assert post(f"/v1/accounts/{acme.account_id}/contacts", {"email": "jo"}).status_code == 422
    assert post("/v1/accounts/acc_none/contacts", {"email": "x@acme.test"}).status_code == 404
    assert client.get("/v1/accounts/acc_none").status_code == 404


# ---- on the pages


def sent(client: Any, path: str, **fields: str) -> Any:
    """Fill in a form of the page at that path, with its token."""
    shown = client.get(path.removesuffix("/contacts")).text
    token = re.search(r'name="csrf_token" value="([^"]+)"', shown)
    assert token is not None
    return client.post(path, data={"csrf_token": token.group(1), **fields})


@pytest.mark.parametrize("role", ["finance", "supervisor", "operator"])
def test_a_company_is_made_on_the_page_and_a_person_added_there(shop: Shop, role: str) -> None:
    client = shop.staff(role)
    assert "Nobody has bought yet." in client.get("/finance/accounts").text

    made = sent(client, "/finance/accounts", name="Acme GmbH")
    assert made.status_code == 303
    assert "Nobody belongs to it." in client.get(made.location).text
    added = sent(client, f"{made.location}/contacts", email="jo@acme.test")
    assert added.status_code == 303

    page = client.get(made.location).text
    assert "Acme GmbH is a company with one person." in page
    assert "jo@acme.test" in page


def test_the_page_of_a_company_shows_what_its_people_bought_and_what_is_owed_to_them(shop: Shop) -> None:
    alone = shop.bought("tkt_1")
    acme = company(shop, "Acme GmbH", "ann@acme.test", "jo@acme.test")
    shop.bought("tkt_2", contact_email="ann@acme.test", product="incident_5")
    shop.order("tkt_3", contact_email="ann@acme.test")

    page = shop.staff("supervisor").get(f"/finance/accounts/{acme.account_id}").text

    assert "$274.00" in page  # 49 + 225, paid and owed
    assert page.count(">paid</span>") == 2
    assert "waits for payment" in page
    assert f"/finance/charges/{shop.charge_of(alone)}" in page
    assert alone.account_id in page
    absorbed = shop.staff("finance").get(f"/finance/accounts/{alone.account_id}").text
    assert f'href="/finance/accounts/{acme.account_id}"' in absorbed


def test_finance_gives_up_an_order_that_was_paid_with_a_wrong_amount(shop: Shop) -> None:
    order = shop.order("tkt_1")
    shop.execute("UPDATE orders SET amount_minor = 4800")
    shop.pay(order)
    shop.deliver()
    path, ending = f"/finance/accounts/{order.account_id}", f"/finance/orders/{order.order_id}/give-up"
    assert "The order says $48.00 and $49.00 was paid." in shop.staff("supervisor").get(path).text
    assert ending not in shop.staff("supervisor").get(path).text

    client = shop.staff("finance")
    token = re.search(r'name="csrf_token" value="([^"]+)"', client.get(path).text)
    assert token is not None
    form = {"csrf_token": token.group(1)}
    assert client.post(ending, data=form).status_code == 303
    assert client.post(ending, data=form).status_code == 409

    assert shop.now(order).state is OrderState.ABANDONED
    assert "orders_to_decide" not in shop.waiting()
    assert shop.order("tkt_1").order_id != order.order_id


def test_an_order_that_waits_for_its_customer_is_not_given_up(shop: Shop) -> None:
    order = shop.order("tkt_1")
    with pytest.raises(NothingToDecide):
        give_up(shop.context, GiveUpRequest(order_id=order.order_id, actor="staff:finn"))
    assert shop.now(order).state is OrderState.OPEN


def test_a_wrong_form_says_which_field_and_what_to_do(shop: Shop) -> None:
    acme, other = company(shop, "Acme GmbH", "jo@acme.test"), company(shop, "Other AG")
    client = shop.staff("finance")
    path = f"/finance/accounts/{other.account_id}/contacts"

    for email, status, words in (
        ("jo", 422, "We cannot write to this address"),
        ("jo@acme.test", 409, "belongs to Acme GmbH"),
    ):
        answer = sent(client, path, email=email)
        assert answer.status_code == status
        assert 'id="error-email"' in answer.text
        assert words in answer.text
        assert f'value="{email}"' in answer.text
    assert f'href="/finance/accounts/{acme.account_id}"' in answer.text

    for name, status, words in ((" ", 422, "Write the company"), ("acme gmbh", 409, "There is a company")):
        answer = sent(client, "/finance/accounts", name=name)
        assert answer.status_code == status
        assert 'id="error-name"' in answer.text
        assert words in answer.text
    assert client.get("/finance/accounts/acc_none").status_code == 404


def test_customers_are_found_by_a_part_of_their_address_or_name(shop: Shop) -> None:
    shop.order(contact_email="lone@elsewhere.test")
    company(shop, "Acme GmbH", "jo@acme.test")
    client = shop.staff("finance")

    def found(words: str) -> set[str]:
        page = client.get("/finance/accounts", query_string={"q": words}).text
        return set(re.findall(r'/finance/accounts/acc_[^"]+">([^<]+)<', page))

    assert found("") == {"lone@elsewhere.test", "Acme GmbH"}
    assert found("GMBH") == {"Acme GmbH"}
    assert found("jo@acme") == {"Acme GmbH"}
    assert found("LONE@") == {"lone@elsewhere.test"}
    assert found("%") == found("_") == set()


@pytest.mark.parametrize("path", ["/finance/accounts", "/finance/accounts/acc_1"])
def test_customers_are_shown_to_finance_supervisors_and_operators_alone(shop: Shop, path: str) -> None:
    assert shop.app.test_client().get(path).location.startswith("/signin?next=")
    assert shop.staff("agent", "senior").get(path).status_code == 403


def test_finance_sees_the_company_in_the_journal_the_trace_and_the_reconciliation(shop: Shop) -> None:
    alone = shop.bought("tkt_1")
    acme = company(shop, "Acme GmbH", "jo@acme.test")
    client, link = shop.staff("finance"), f'<a href="/finance/accounts/{acme.account_id}">Acme GmbH</a>'
    run = shop.reconcile()

    assert link in client.get("/finance/journal").text
    assert link in client.get(f"/finance/charges/{shop.charge_of(alone)}").text
    assert link in client.get(f"/finance/reconciliations/{run.reconciliation_id}").text
    shop.http.post("/v1/refunds", data={"charge": shop.charge_of(alone), "amount": "1500"}).raise_for_status()
    run = shop.reconcile()
    assert link in client.get(f"/finance/reconciliations/{run.reconciliation_id}").text
    assert link in client.get("/finance").text


def test_customers_come_in_pages(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.billing.customers.pages.SHOWN", 2)
    names = [company(shop, f"Company {number}").label for number in range(5)]
    client, path, seen = shop.staff("finance"), "/finance/accounts", []
    while path:
        page = client.get(path).text
        seen += re.findall(r">(Company \d)<", page)
        following = re.search(r'rel="next" href="([^"]+)"', page)
        path = following.group(1).replace("&amp;", "&") if following else ""
    assert seen == names[::-1]

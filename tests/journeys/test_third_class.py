"""A shop that also sells "within 30 minutes": two rows in two files, and every page and order of work knows it."""

from pathlib import Path
from typing import Any

import sqlalchemy as sa

from tests.support.customer import Customer
from tests.support.declared import ROOT
from tests.support.house import house

POLICY = """
[classes.rapid]
rank = 30
taken_by = "senior"
target_minutes = 30
calendar = "around-the-clock"
names.en = "Rapid"
names.de = "Eilig"
sentences.en = "Whoever is free first takes it."
sentences.de = "Wer zuerst frei ist, nimmt sie an."
"""
CATALOG = """
[[products]]
id = "rapid_1"
kind = "incidents"
name = "One rapid incident"
response_class = "rapid"
credits = 1
expires_after_days = 30
for_sale = true
prices = { usd = 12900, eur = 12900, gbp = 10900, jpy = 19900 }
"""


def with_more(folder: Path, shipped: str, rows: str) -> str:
    path = folder / Path(shipped).name
    path.write_text((ROOT / shipped).read_text(encoding="utf-8") + rows, encoding="utf-8")
    return str(path)


def test_a_third_class_goes_from_the_files_to_offer_desk_and_report(
    tmp_path: Path, databases: Any, valkey_server: str
) -> None:
    files = {
        "POLICY_FILE": with_more(tmp_path, "services/entitlements/policies/policy.toml", POLICY),
        "CATALOG_FILE": with_more(tmp_path, "services/billing/catalog.toml", CATALOG),
    }
    with house(tmp_path, databases, valkey_server, **files) as premises:
        visitor = Customer(premises)
        visitor.open(premises.billing.url)
        assert "$129.00" in visitor.text()
        assert "Whoever is free first takes it." in visitor.text()

        Customer(premises, "early@acme.test").buy(subject="Paid for within two hours")
        jo = Customer(premises)
        jo.open(f"{premises.queue.url}/ask?product=rapid_1&currency=usd")
        assert "within 30 minutes" in jo.text()
        jo.send(
            "/ask", subject="It burns", text="All of it.", tried="water", email="jo@acme.test", name="Jo",
            zone="Europe/Berlin", choice="buy",
        )  # fmt: skip
        jo.pay()
        premises.drain()
        jo.open(jo.url)
        assert "Rapid" in jo.text()
        assert "within 30 minutes" in jo.text()

        ana = premises.staff("Ana", "senior", "agent").open(premises.queue.url + "/desk")
        assert "Rapid" in ana.page
        ana.send("/desk/take")
        assert "It burns" in ana.page, "the highest rank comes first, although the other has waited longer"
        ana.send("/answer", restated="It burns.", text="Out it is.", step="answer")
        premises.drain()

        with premises.queue.context.db.transaction() as session:  # the report counts promises whose time has come
            session.execute(sa.text("UPDATE tickets SET respond_by = first_responded_at WHERE subject = 'It burns'"))
        sofia = premises.staff("Sofia", "supervisor").open(premises.queue.url + "/reports/promises")
        assert "Rapid" in sofia.page

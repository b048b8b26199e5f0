"""What is offered: by the catalog's prices and the policy's words; a third class is rows, no code."""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from services.billing.gateways import entitlements
from services.billing.offers.push import push_catalog
from shared import clock
from tests.support.billing import Shop, open_shop
from tests.support.declared import ROOT
from tests.support.peer import Peer, running_peer
from tests.support.policy import PREMIUM, STANDARD, WEEKDAYS, policy, promised

RAPID = promised("rapid", 3, 30, "Whoever is free takes it at once.")
THIRD_PRODUCT = """
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


@pytest.fixture
def peer() -> Iterator[Peer]:
    with running_peer() as entitlements:
        entitlements.answer = lambda _: policy(PREMIUM, STANDARD)
        yield entitlements


@pytest.fixture
def shop(tmp_path: Path, databases: Any, peer: Peer) -> Iterator[Shop]:
    with open_shop(tmp_path, databases, ENTITLEMENTS_URL=peer.url) as opened:
        yield opened


def page(shop: Shop, path: str = "/") -> str:
    answer = shop.app.test_client().get(path, headers={"Accept-Language": "en-US"})
    assert answer.status_code == 200
    return str(answer.text)


def test_the_offer_says_what_it_costs_and_by_when_a_person_answers(shop: Shop) -> None:
    text = page(shop)
    assert "<title>A person answers within 2 hours" in text
    assert "Ask now, and you have an answer by" in text
    assert "A person answers within 2 hours of your payment: around the clock. A senior agent takes it next." in text
    assert "$49.00" not in text.partition('type="radio"')[0], "no price stands above the choice of how many"
    assert "$49.00" in text
    assert "A person answers within 24 hours, Monday to Friday. For everybody" in text
    assert "support@example.test" in text
    assert 'action="http://127.0.0.1:1/ask"' in text


def test_the_offer_answers_in_the_readers_zone(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    noon = clock.now().replace(hour=12, minute=5, second=0)
    page(shop)
    monkeypatch.setattr(clock, "now", lambda: noon)
    client = shop.app.test_client()
    client.set_cookie("zone", "Asia/Kolkata")
    assert "19:35 IST today" in client.get("/").text
    assert "19:35 IST today" in client.get("/answer-by").text


def test_offers_list_what_is_for_sale_and_what_it_promises(shop: Shop) -> None:
    offers = shop.app.test_client().get("/v1/offers").json
    assert [item["product"] for item in offers["items"]] == ["incident_1", "incident_5", "incident_10"]
    assert offers["items"][0]["prices"]["jpy"] == {"amount_minor": 7500, "formatted": "¥7,500"}
    assert offers["items"][0]["response_class"] == {
        "id": "premium", "name": "Premium", "sentence": "A senior agent takes it next.",
        "target_minutes": 120, "calendar": "around the clock",
    }  # fmt: skip


def test_a_german_reader_has_the_policys_german_words(shop: Shop) -> None:
    text = shop.app.test_client().get("/", headers={"Accept-Language": "de-DE"}).text
    assert "Ein Mensch antwortet innerhalb von 2 Stunden" in text
    assert "rund um die Uhr" in text
    assert "Eine Anfrage ist ein Problem, bis es gelöst ist." in text
    assert "5 Anfragen" in text


@pytest.mark.parametrize("trouble", ["away", "refuses", "says nonsense"])
def test_without_entitlements_the_offer_stands_and_promises_no_time(shop: Shop, peer: Peer, trouble: str) -> None:
    if trouble == "away":
        peer.stop()
    else:
        peer.answer = lambda _: (404, b"{}") if trouble == "refuses" else (200, b'{"items": 5}')
    text = page(shop)
    assert "$49.00" not in text.partition('type="radio"')[0], "no price stands above the choice of how many"
    assert "$49.00" in text
    assert "an answer by" not in text
    assert "hour" not in text
    assert "an answer by" not in page(shop, "/answer-by")
    offered = shop.app.test_client().get("/v1/offers").json["items"][0]["response_class"]
    assert (offered["id"], offered["sentence"], offered["target_minutes"]) == ("premium", None, None)


def test_what_the_policy_promises_is_asked_for_once_a_minute_and_not_for_each_reader(
    shop: Shop, peer: Peer, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(5):
        page(shop)
        page(shop, "/answer-by")
    assert len(peer.told) == 1

    peer.answer = lambda _: policy(promised("premium", 2, 60, "A senior agent takes it next."), STANDARD)
    monkeypatch.setattr(shop.context.entitlements, "_good_until", 0.0)
    assert "within 1 hour" in page(shop)


def test_a_silent_entitlements_makes_one_reader_wait_and_not_each(shop: Shop, peer: Peer) -> None:
    peer.stop()
    asked = []
    ask = shop.context.entitlements._ask_for_classes
    shop.context.entitlements._ask_for_classes = lambda: (asked.append(1), ask())[1]  # type: ignore[method-assign]
    for _ in range(5):
        page(shop)
    assert asked == [1]
    assert entitlements.SILENT_S > entitlements.CLASSES_WITHIN_S


def test_in_a_calendar_with_closing_hours_no_time_is_made_up(shop: Shop, peer: Peer) -> None:
    peer.answer = lambda _: policy(promised("premium", 2, 120, "A senior agent takes it next.", WEEKDAYS), STANDARD)
    text = page(shop)
    assert "Monday to Friday" in text
    assert "an answer by" not in text


def third_class(tmp_path: Path) -> str:
    """A shop's own catalog: the shipped one, and one product more."""
    shipped = (ROOT / "services/billing/catalog.toml").read_text(encoding="utf-8")
    file = tmp_path / "our-catalog.toml"
    file.write_text(shipped + THIRD_PRODUCT, encoding="utf-8")
    assert tomllib.loads(file.read_text(encoding="utf-8"))
    return str(file)


def test_a_class_of_the_shops_own_is_sold_by_adding_rows_only(tmp_path: Path, databases: Any, peer: Peer) -> None:
    peer.answer = lambda _: policy(RAPID, PREMIUM, STANDARD)
    with open_shop(tmp_path, databases, ENTITLEMENTS_URL=peer.url, CATALOG_FILE=third_class(tmp_path)) as shop:
        text = page(shop)
        assert "Rapid: A person answers within 30 minutes of your payment" in text
        assert "Whoever is free takes it at once." in text
        assert "$129.00" in text
        by = page(shop, "/answer-by")
        assert by.index("If you ask now, Premium: an answer by") < by.index("If you ask now, Rapid: an answer by")
        assert "One incident, Rapid" in text

        push_catalog(shop.context)
        order = shop.bought(product="rapid_1")

        assert order.response_class == "rapid"
        assert [purchase["response_class"] for purchase in shop.purchases()] == ["rapid"]
        one = shop.integrator().get(f"/v1/orders/{order.order_id}").json
        assert one["response_class"] == "rapid"


def test_the_two_hours_stand_in_the_policy_alone() -> None:
    said = [
        path
        for path in (ROOT / "services/billing").rglob("*")
        if path.suffix in {".py", ".html", ".toml"}
        and re.search("two hours|2 hours|= 120|answers? within a day|answer within", path.read_text("utf-8"))
    ]
    assert said == []

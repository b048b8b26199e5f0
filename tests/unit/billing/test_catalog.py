"""The catalog file: read whole, or refused with the entry named."""

import copy
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from services.billing.app import read_catalog
from services.billing.catalog.catalog import CatalogError, ProductKind, parse_catalog
from shared.env import SettingsError
from shared.money import Money

SHIPPED = Path(__file__).parents[3] / "services" / "billing" / "catalog.toml"


@pytest.fixture
def document() -> dict[str, Any]:
    return tomllib.loads(SHIPPED.read_text(encoding="utf-8"))


def test_the_shipped_catalog_sells_packs_and_knows_the_subscription(document: dict[str, Any]) -> None:
    catalog = parse_catalog(document)

    assert [(product.id, product.credits) for product in catalog.on_offer()] == [
        ("incident_1", 1), ("incident_5", 5), ("incident_10", 10),
    ]  # fmt: skip
    premium = catalog.find("premium_year")
    assert premium is not None
    assert (premium.kind, premium.interval, premium.for_sale) == (ProductKind.SUBSCRIPTION, "year", False)
    assert catalog.products[0].price("jpy") == Money(7500, "jpy")
    assert catalog.products[0].lookup_key("jpy") == "incident_1_jpy"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (None, "CATALOG_FILE must be the path"),
        ("currencies = [", "ours.toml cannot be used"),
        ("", "currencies is missing"),
    ],
)
def test_a_catalog_of_ones_own_that_cannot_be_used_stops_the_start(
    tmp_path: Path, text: str | None, sentence: str
) -> None:
    file = tmp_path / "ours.toml"
    if text is not None:
        file.write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError, match=sentence):
        read_catalog(str(file))


def test_a_bigger_pack_costs_less_for_each_incident(document: dict[str, Any]) -> None:
    catalog = parse_catalog(document)
    for currency in catalog.currencies:
        each = [product.prices[currency] / (product.credits or 1) for product in catalog.on_offer()]
        assert each == sorted(each, reverse=True)


Change = Callable[[dict[str, Any]], Any]


def entry(index: int, **changes: Any) -> Change:
    return lambda document: document["products"][index].update(changes)


def without(index: int, name: str) -> Change:
    return lambda document: document["products"][index].pop(name)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (entry(1, credits=0), "product incident_5: credits must be a whole number above zero"),
        (entry(1, credits=True), "product incident_5: credits must be of type int"),
        (entry(1, credits=2.5), "product incident_5: credits must be of type int"),
        (entry(1, kind="gold"), "product incident_5: kind must be one of incidents, subscription"),
        (entry(1, id="incident_1"), "product incident_1: the id stands twice"),
        (entry(1, discount=5), "product incident_5: discount is not a field here"),
        (entry(3, interval="week"), "product premium_month: interval must be one of month, year"),
        (entry(3, credits=4), "product premium_month: credits is not a field here"),
        (without(0, "name"), "product incident_1: name is missing"),
        (without(0, "id"), "product number 1: id is missing"),
        (without(2, "expires_after_days"), "product incident_10: expires_after_days is missing"),
        (entry(0, prices={"usd": 4900}), "product incident_1: prices must name each of usd, eur, gbp, jpy"),
        (lambda d: d["products"][0]["prices"].update(chf=4900), "product incident_1: prices must name .*see chf"),
        (
            lambda d: d["products"][0]["prices"].update(usd=49.0),
            r"product incident_1: prices.usd must be a whole number",
        ),
        (lambda d: d["products"][0]["prices"].update(usd=-1), r"product incident_1: prices.usd must be a whole number"),
        (lambda d: d.update(currencies=["USD"]), "catalog: currencies holds 'USD'"),
        (
            lambda d: d.update(currencies=["usd", "usd"]),
            "catalog: currencies must name at least one currency, each once",
        ),
        (lambda d: d.update(answer_within_minutes=120), "catalog: answer_within_minutes is not a field here"),
        (without(0, "response_class"), "product incident_1: response_class is missing"),
        (lambda d: d.pop("products"), "catalog: products is missing"),
        (lambda d: d.update(products=d["products"][3:]), "catalog: products has nothing that is for sale"),
    ],
)
def test_a_wrong_entry_is_named(document: dict[str, Any], change: Change, sentence: str) -> None:
    wrong = copy.deepcopy(document)
    change(wrong)
    with pytest.raises(CatalogError, match=sentence):
        parse_catalog(wrong)

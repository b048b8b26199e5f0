"""A reader's language in a real browser: the switch, and the words that the script writes into an open page."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import Route, expect

from shared import formats
from shared.reader import reading_in

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]


def test_a_german_reader_gets_german_and_may_choose_english(
    product: dict[str, Any], window: Callable[..., Any]
) -> None:
    page = window(locale="de-AT").page
    page.goto(product["addresses"]["ask"])
    expect(page.locator("html")).to_have_attribute("lang", "de")
    page.get_by_label("Sprache").get_by_role("link", name="English").click()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    assert "language=" not in page.url
    page.goto(product["addresses"]["offer"])  # another service of the same host
    expect(page.locator("html")).to_have_attribute("lang", "en")


def test_what_was_typed_is_not_lost_by_a_change_of_the_language_without_a_question(
    product: dict[str, Any], window: Callable[..., Any]
) -> None:
    page = window().page
    asked: list[str] = []
    page.on("dialog", lambda dialog: (asked.append(dialog.message), dialog.dismiss()))
    page.goto(product["addresses"]["ask"])
    page.get_by_label("In a few words").fill("Payments fail")
    page.get_by_label("Language").get_by_role("link", name="Deutsch").click()
    assert ["Change the language?" in question for question in asked] == [True]
    expect(page.get_by_label("In a few words")).to_have_value("Payments fail")


@pytest.mark.parametrize("locale", ["en-US", "de-DE"])
@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York", "Asia/Kolkata", "America/Sao_Paulo"])
def test_the_script_says_times_in_the_words_of_the_server(
    product: dict[str, Any], window: Callable[..., Any], locale: str, zone: str
) -> None:
    """On a visitor's first page, made before the zone is known, the script writes the times anew."""
    distances = [
        timedelta(hours=2),
        timedelta(days=1),
        timedelta(days=-1),
        timedelta(days=5, hours=3),
        timedelta(days=9),
    ]
    distances += [timedelta(minutes=-72), timedelta(days=2), timedelta(days=20, hours=5), timedelta(0)]
    moments = [datetime.now(UTC) + distance + timedelta(seconds=40) for distance in distances]
    forms = ('data-zone="UTC" data-form="when"', 'data-zone="UTC" data-form="day_time"', "data-relative")
    times = "".join(f'<time datetime="{formats.iso(moment)}" {form}></time>' for moment in moments for form in forms)

    def with_times(route: Route) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, body=answer.text().replace("</main>", f'<p id="times">{times}</p></main>'))

    page = window(locale=locale, zone=zone).page
    page.route(product["addresses"]["offer"] + "/", with_times)
    page.goto(product["addresses"]["offer"])
    expect(page.locator("#times time").first).not_to_be_empty()
    with reading_in(locale, zone):
        expected = [say(moment) for moment in moments for say in (formats.when, formats.day_time, formats.relative)]
    assert page.locator("#times time").all_inner_texts() == expected

"""The main job, as people do it in a browser: from the offer to the answer and into the books."""

import re
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.support import web

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]

Product = dict[str, Any]
Open = Callable[..., Any]


def sign_in(page: Page, url: str, name: str) -> None:
    page.goto(url)
    page.get_by_role("button", name=re.compile(name)).click()
    page.wait_for_url(re.compile(re.escape(url)))


def ask(page: Page, email: str, subject: str) -> None:
    page.get_by_label("What is it about?").fill(subject)
    page.get_by_label("What happened?").fill("Every card is refused since this morning.")
    page.get_by_label("What have you tried?").fill("cleared the cache\nanother card")
    page.get_by_label("Your e-mail").fill(email)


def pay(page: Page, card: str) -> None:
    page.get_by_label("Card number").fill(card)
    page.get_by_label("Expiry date").fill("12 / 34")
    page.get_by_label("Security code").fill("123")
    page.get_by_label("Cardholder name").fill("Jo Weber")
    page.locator("button.pay").click()


def mail_to(product: Product, email: str, words: str) -> dict[str, Any]:
    """Wait for a mail in the catcher, as somebody who looks again and again."""
    address = f"{product['addresses']['mail']}/api/messages"
    for _ in range(200):
        for mail in web.read(address)["items"]:
            if email in mail["to"] and words in mail["text"]:
                found: dict[str, Any] = mail
                return found
        time.sleep(0.1)  # the catcher pushes nothing: look, wait, look again
    pytest.fail(f"No mail with {words!r} to {email}")


def test_a_paid_incident_from_the_offer_to_the_books(product: Product, window: Open) -> None:  # noqa: PLR0915 - one story
    places = product["addresses"]

    # A customer who pays nothing asks first; then Jo reads the offer, describes her problem and pays.
    free = window().page
    free.goto(f"{places['ask']}")
    ask(free, "free@acme.test", "How do I export my data?")
    free.get_by_label(re.compile("[Ss]tandard")).check()
    free.locator("main form button[type=submit]").click()
    expect(free.get_by_role("heading", level=1)).to_contain_text("A person answers by")

    jo = window().page
    jo.goto(places["offer"])
    expect(jo.get_by_role("heading", level=1)).to_contain_text("A person answers within 2 hours")
    expect(jo.get_by_role("main")).to_contain_text("$49.00")
    jo.get_by_role("button", name=re.compile("Describe your problem")).click()
    ask(jo, "jo@acme.test", "Payments fail since the update")
    jo.locator("main form button[type=submit]").click()
    expect(jo).to_have_url(re.compile(re.escape(places["stripe_standin"])))
    expect(jo.locator("body")).to_contain_text("$49.00")
    pay(jo, product["cards"]["is declined"])
    expect(jo.locator("body")).to_contain_text("declined")
    pay(jo, product["cards"]["pays"])
    jo.wait_for_url(re.compile(r"/t/"))
    expect(jo.get_by_role("heading", level=1)).to_contain_text(re.compile(r"answers by .+ CES?T"), timeout=20_000)
    expect(jo.locator("body")).to_contain_text("Premium")
    jo.get_by_text("Why this time?").click()
    expect(jo.locator("body")).to_contain_text("counted from your payment")
    acknowledged = mail_to(product, "jo@acme.test", "A person answers by")

    # Ben is a regular agent and gets the free question; Ana and Sam are seniors: one of them gets Jo's.
    ben, ana, sam = (window().page for _ in range(3))
    sign_in(ben, places["desk"], "Ben Okafor")
    sign_in(ana, places["desk"], "Ana Silva")
    sign_in(sam, places["desk"], "Sam Reyes")
    ben.get_by_role("button", name=re.compile("Take next")).click()
    expect(ben.get_by_role("heading", level=1)).to_contain_text("How do I export my data?")
    ana.get_by_role("button", name=re.compile("Take next")).click()
    expect(ana.get_by_role("heading", level=1)).to_contain_text("Payments fail since the update")
    expect(ana.get_by_label("About this ticket")).to_contain_text("another card")
    sam.get_by_role("button", name=re.compile("Take next")).click()
    expect(sam.locator("body")).not_to_contain_text("Payments fail since the update")

    # Ana answers; Jo reads it in the mail and on the page behind the link, without a login.
    ana.get_by_label("As we understand it").fill("Every card is refused since the update.")
    ana.get_by_label("Answer", exact=True).fill("I have turned the new check off. Please try a card now.")
    ana.get_by_role("button", name="Send", exact=True).click()
    answer = mail_to(product, "jo@acme.test", "Ana Silva wrote")
    link = re.search(r"https?://\S+/t/[\w.\-]+", acknowledged["text"])
    assert link is not None
    phone = window(phone=True, dark=True).page
    phone.goto(link.group(0))
    expect(phone.locator("body")).to_contain_text("I have turned the new check off", timeout=20_000)
    assert "I have turned the new check off" in answer["text"]

    # Jo answers back on the page; Ana sees it and resolves; Jo confirms.
    phone.get_by_label(re.compile("Write to us")).fill("It works again, thank you.")
    phone.get_by_role("button", name="Send", exact=True).click()
    ana.goto(places["desk"])
    ana.get_by_role("link", name=re.compile("Payments fail")).first.click()
    expect(ana.locator("body")).to_contain_text("It works again, thank you.")
    write = ana.get_by_role("button", name=re.compile("Write"))
    if write.count():
        write.click()
    ana.get_by_label("Answer", exact=True).fill("Glad to hear it.")
    ana.get_by_role("button", name=re.compile("Resolve")).click()
    phone.reload()
    phone.get_by_role("button", name=re.compile("Yes, it is solved")).click()
    expect(phone.get_by_role("heading", level=1)).to_contain_text("Solved")

    # Somebody makes a charge in Stripe behind our back; Finn reconciles the day and follows Jo's charge to the answer.
    web.post(f"{places['stripe_standin']}/_sandbox/charges", data={"amount": "1234", "currency": "usd"})
    finn = window().page
    sign_in(finn, places["finance"], "Finn Walsh")
    finn.get_by_label(re.compile("^Day")).fill(f"{datetime.now(UTC):%Y-%m-%d}")
    finn.get_by_role("button", name=re.compile("Run the reconciliation")).click()
    expect(finn.locator("body")).to_contain_text("$12.34", timeout=30_000)  # it runs in the background
    expect(finn.locator("body")).to_contain_text(re.compile("missing.in.books", re.IGNORECASE))
    matched = finn.get_by_role("region", name="Matched")
    expect(matched).to_contain_text("$49.00")
    expect(matched).to_contain_text("$1.72")
    matched.locator("a[href^='/finance/charges/']").first.click()
    for station in ("Charge", "Order", "Grant", "Ticket", "First"):
        expect(finn.locator("main")).to_contain_text(station)
    expect(finn.locator("main")).to_contain_text(re.compile(r"minute"))

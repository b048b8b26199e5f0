"""The desk in a browser: no half-written word is lost, and one lands where one was."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.test_story import ask, sign_in

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]

Product = dict[str, Any]
Open = Callable[..., Any]
LONG = "\n".join(f"line {number} of a long log" for number in range(40))


def asked(product: Product, page: Page, subject: str) -> None:
    page.goto(product["addresses"]["ask"])
    ask(page, "jo@acme.test", subject)
    page.get_by_label(re.compile("[Ss]tandard")).check()
    page.locator("main form button[type=submit]").click()
    page.wait_for_url(re.compile(r"/t/"))


def answer(page: Page) -> Any:
    return page.get_by_label("Answer", exact=True)


def take_next(page: Page) -> str:
    page.get_by_role("button", name=re.compile("Take next")).first.click()
    page.wait_for_url(re.compile(r"/desk/tickets/"))
    return page.url


def test_a_half_written_answer_is_there_again_after_each_way_to_leave_it(product: Product, window: Open) -> None:
    jo = window().page
    for subject in ("The first", "The second", "The third"):
        asked(product, jo, subject)
    ana = window().page
    sign_in(ana, product["addresses"]["desk"], "Ana Silva")
    first = take_next(ana)

    answer(ana).fill("Half an answer")
    ana.get_by_label("For colleagues").fill("He has two accounts")
    ana.get_by_role("button", name="Keep note").click()
    expect(ana.get_by_text("Note kept")).to_be_visible()
    expect(ana.get_by_label("For colleagues")).to_be_focused()
    expect(answer(ana)).to_have_value("Half an answer")

    answer(ana).fill("More of it")
    ana.get_by_role("heading", level=1).click()
    ana.keyboard.press("n")
    ana.wait_for_url(lambda url: "/desk/tickets/" in url and not url.startswith(first.split("#")[0]))
    second = ana.url
    ana.goto(first)
    expect(answer(ana)).to_have_value("More of it")

    # A click on another ticket at the left, before any pause in typing.
    answer(ana).fill("More of it, and the end")
    ana.locator(f"#lists a[href^='{second[second.index('/desk/') :].split('#')[0]}']").click()
    ana.wait_for_url(re.compile(re.escape(second.split("#")[0])))
    ana.goto(first)
    expect(answer(ana)).to_have_value("More of it, and the end")

    # The server says no for a while; the browser keeps the words.
    ana.route("**/draft", lambda route: route.fulfill(status=429))
    answer(ana).fill("Typed while nobody listened")
    expect(ana.get_by_text("Kept in this browser only")).to_be_visible()
    left = ana.evaluate("Object.entries(localStorage).find(([name]) => name.startsWith('draft:'))")
    assert "Typed while nobody listened" in left[1]

    # The browser died then; the next time it gives the server what it has.
    ana.goto(second)
    ana.unroute("**/draft")
    ana.evaluate("([name, copy]) => localStorage.setItem(name, copy.replace('nobody', 'no one'))", left)
    ana.goto(first)
    expect(answer(ana)).to_have_value("Typed while no one listened")
    expect(ana.get_by_text("Draft kept.")).to_be_visible()
    assert ana.evaluate("Object.keys(localStorage).filter((name) => name.startsWith('draft:'))") == []

    ana.get_by_role("button", name="Send", exact=True).click()
    expect(ana.get_by_text("Answer sent.")).to_be_visible()
    ana.get_by_role("button", name=re.compile("Write")).click()
    expect(answer(ana)).to_have_value("")


@pytest.mark.parametrize("phone", [False, True], ids=["wide", "phone"])
def test_a_conversation_opens_at_its_newest_message_and_sending_lands_there(
    product: Product, window: Open, *, phone: bool
) -> None:
    jo = window().page
    asked(product, jo, "A long story")
    for sent in range(4):
        jo.get_by_label(re.compile("Write to us")).fill(LONG)
        jo.get_by_role("button", name="Send", exact=True).click()
        expect(jo.locator("article.message")).to_have_count(sent + 2)
    ben = window(phone=phone, dark=phone).page
    sign_in(ben, product["addresses"]["desk"], "Ben Okafor")
    while True:  # other tests leave tickets, too
        case = take_next(ben)
        if "A long story" in ben.get_by_role("heading", level=1).inner_text():
            break
    expect(ben.locator("#newest")).to_be_in_viewport()
    ben.goto(case)
    expect(ben.locator("#newest")).to_be_in_viewport()
    answer(ben).fill("Please try now.")
    ben.get_by_role("button", name="Send", exact=True).click()
    expect(ben.get_by_text("Answer sent.")).to_be_in_viewport()
    expect(ben.locator("#newest")).to_contain_text("Please try now.")
    expect(ben.locator("#newest")).to_be_in_viewport()


def test_the_desk_says_by_itself_when_something_waits_and_signing_out_is_seen(product: Product, window: Open) -> None:
    ben, jo = window().page, window().page
    sign_in(ben, product["addresses"]["desk"], "Ben Okafor")
    while True:
        ben.get_by_role("button", name=re.compile("Take next")).first.click()
        ben.wait_for_load_state()
        if ben.get_by_text("No ticket waits for you").count():
            break
    expect(ben).to_have_title(re.compile("^Desk"))
    asked(product, jo, "Something new")
    expect(ben).to_have_title(re.compile(r"^\(1\) Desk"), timeout=20_000)
    expect(ben.get_by_text("Press Take next")).to_be_visible()
    ben.get_by_role("button", name="Sign out").click()
    expect(ben.get_by_role("heading", level=1)).to_contain_text("You are signed out.")

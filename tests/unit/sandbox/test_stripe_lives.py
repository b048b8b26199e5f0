"""Random lives of the stand-in's money: whatever happens in whatever order, the books of Stripe hold.

Judged from outside: the balance by its transactions, payouts by their items, refunds and disputes by their charges, and
each event by the object as it was when the event was told.
"""

from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.stripe import disputes, payouts, refunding
from sandbox.stripe.balance import balance
from sandbox.stripe.cards import TOKENS
from sandbox.stripe.errors import StripeError
from sandbox.stripe.payments import billing_details, new_charge
from sandbox.stripe.settings import Settings
from sandbox.stripe.timekeeper import Timekeeper
from sandbox.stripe.views import show
from sandbox.stripe.work import Work
from sandbox.stripe.world import World
from tests.support.stripe_document import check_object

DAY = 24 * 60 * 60
CARDS = sorted(name for name, card in TOKENS.items() if card.decline_code is None)
EVIDENCE = ["winning_evidence", "losing_evidence", ""]
FINAL = {"dispute": {"won", "lost", "warning_closed"}, "refund": {"failed", "canceled"}}

steps = st.lists(
    st.one_of(
        st.tuples(
            st.just("charge"), st.sampled_from(CARDS), st.integers(100, 50_000), st.sampled_from(["usd", "eur", "jpy"])
        ),
        st.tuples(st.just("refund"), st.integers(0, 20), st.integers(1, 60_000)),
        st.tuples(st.just("refund_fails"), st.integers(0, 20)),
        st.tuples(st.just("dispute"), st.integers(0, 20), st.booleans()),
        st.tuples(
            st.just("evidence"), st.integers(0, 20), st.sampled_from(["winning_evidence", "losing_evidence", ""])
        ),
        st.tuples(st.just("payout"), st.integers(1, 60_000), st.sampled_from(["standard", "instant"])),
        st.tuples(st.just("payout_fails"), st.integers(0, 20)),
        st.tuples(st.just("cancel"), st.integers(0, 20)),
        st.tuples(st.just("schedule"), st.sampled_from(["manual", "daily", "weekly", "monthly"])),
        st.tuples(st.just("days"), st.integers(1, 40)),
    ),
    min_size=4,
    max_size=30,
)


def nth(work: Work, kind: str, number: int) -> dict[str, Any] | None:
    found = work.tx.select(kind, newest_first=False)
    return found[number % len(found)] if found else None


def take(work: Work, step: tuple[Any, ...]) -> None:
    """One step; what Stripe refuses is part of life."""
    match step:
        case ("charge", card, amount, currency):
            asked = {"amount": amount, "currency": currency, "billing_details": billing_details()}
            new_charge(work, TOKENS[card], asked)
        case ("refund", number, amount) if charge := nth(work, "charge", number):
            refunding.refund_charge(work, charge, {"amount": amount})
        case ("refund_fails", number) if refund := nth(work, "refund", number):
            refunding.fail(work, refund, "unknown")
        case ("dispute", number, inquiry) if charge := nth(work, "charge", number):
            disputes.open_dispute(work, charge, "fraudulent", inquiry=inquiry)
        case ("evidence", number, said) if dispute := nth(work, "dispute", number):
            disputes.submit(work, dispute, {"uncategorized_text": said}, final=True)
        case ("payout", amount, method):
            payouts.pay_out(work, amount, "usd", asked={"method": method})
        case ("payout_fails", number) if payout := nth(work, "payout", number):
            payouts.fail(work, payout, "no_account", "No account.")
        case ("cancel", number) if payout := nth(work, "payout", number):
            payouts.cancel(work, payout)
        case ("schedule", interval):
            payouts.set_schedule(work, interval)


def check(work: Work) -> None:
    booked = work.tx.select("balance_transaction")
    sums: dict[str, int] = {}
    for one in booked:
        assert one["net"] == one["amount"] - one["fee"]
        sums[one["currency"]] = sums.get(one["currency"], 0) + one["net"]
    told = balance(work)
    shown: dict[str, int] = {}
    for part in (*told["available"], *told["pending"]):
        shown[part["currency"]] = shown.get(part["currency"], 0) + part["amount"]
    assert {code: net for code, net in shown.items() if net} == {code: net for code, net in sums.items() if net}

    for charge in work.tx.select("charge"):
        refunds = [one for one in work.tx.select("refund") if one["charge"] == charge["id"]]
        lost = [one for one in work.tx.select("dispute") if one["charge"] == charge["id"] and one["status"] == "lost"]
        back = sum(one["amount"] for one in refunds if one["status"] not in FINAL["refund"])
        assert charge["amount_refunded"] == back
        assert back + sum(one["amount"] for one in lost) <= charge["amount"]

    for payout in work.tx.select("payout"):
        items = [one for one in booked if one.get("_payout") == payout["id"]]
        if payout["automatic"]:
            assert sum(one["net"] for one in items if one["source"] != payout["id"]) == payout["amount"]
        else:
            assert not items


def check_histories(work: Work) -> None:
    """What an event says of the values before is what the object had when it was last told of otherwise."""
    histories: dict[str, list[dict[str, Any]]] = {}
    for event in work.tx.select("event", newest_first=False):
        thing = event["data"]["object"]
        history = histories.setdefault(thing["id"], [])
        if not history or history[-1] != thing:
            history.append(thing)
        before = history[-2] if len(history) > 1 else {}
        for name, was in event["data"].get("previous_attributes", {}).items():
            assert isinstance(was, dict) or before.get(name, was) == was, (event["type"], name)
    for history in histories.values():
        last = history[-1]
        if last["object"] in {"payout", "dispute"}:
            assert show(work, work.must(last["object"], last["id"]))["status"] == last["status"]


@given(life=steps, settles=st.sampled_from([(), ("usd",), ("eur", "usd")]))
@settings(max_examples=15)
def test_the_books_of_stripe_hold(life: list[tuple[Any, ...]], settles: tuple[str, ...]) -> None:
    with TemporaryDirectory() as folder:
        world = World(
            Settings(
                host="", port=0, public_url="http://here", state_dir=Path(folder), api_key="sk_test_x", settles=settles
            )
        )
        timekeeper = Timekeeper(world, lambda: None)
        try:
            live(world, timekeeper, life)
        finally:
            world.close()


def live(world: World, timekeeper: Timekeeper, life: list[tuple[Any, ...]]) -> None:
    for step in life:
        if step[0] == "days":
            timekeeper.advance_to(world.clock.now() + step[1] * DAY)
        else:
            # What is refused leaves nothing behind: that is what the check below sees.
            with suppress(StripeError), world.working() as work:
                take(work, step)
        with world.looking() as work:
            check(work)
    timekeeper.advance_to(world.clock.now() + 200 * DAY)
    with world.looking() as work:
        check(work)
        for kind in ("charge", "refund", "dispute", "payout", "balance_transaction", "account"):
            for stored in work.tx.select(kind):
                check_object(show(work, stored))
            for event in work.tx.select("event", [("json_extract(body, '$.data.object.object') = ?", (kind,))]):
                check_object(event["data"]["object"])
        assert not [one for one in work.tx.select("dispute") if one["status"] not in FINAL["dispute"]]
        check_histories(work)
        stamps = [event["created"] for event in work.tx.select("event", newest_first=False)]
        assert stamps == sorted(stamps)
        assert datetime.fromtimestamp(max(stamps, default=0), UTC).timestamp() <= world.clock.now()

"""The books' rules: every transaction sums to zero, every cent of an order is earned exactly once."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.billing.ledger.entries import (
    Entry,
    LedgerAccount,
    LedgerTransaction,
    SourceKind,
    UnbalancedError,
    charge_entries,
    fee_entries,
    release_entries,
    share_of_credit,
)
from shared.money import Money, totals

amounts = st.integers(min_value=1, max_value=10**12)
currencies = st.sampled_from(["usd", "eur", "gbp", "jpy"])
moneys = st.builds(Money, amounts, currencies)


def sums(entries: tuple[Entry, ...]) -> dict[str, int]:
    return {currency: total for currency, total in totals(entry.amount for entry in entries).items() if total}


def balances(entries: tuple[Entry, ...]) -> dict[tuple[str, str], int]:
    result: dict[tuple[str, str], int] = {}
    for entry in entries:
        key = (entry.account.value, entry.amount.currency)
        result[key] = result.get(key, 0) + entry.amount.amount_minor
    return result


@given(paid=moneys, credits_bought=st.integers(1, 100))
def test_the_shares_of_an_order_add_up_to_what_was_paid(paid: Money, credits_bought: int) -> None:
    shares = [
        share_of_credit(paid, credits_bought=credits_bought, number=number) for number in range(1, credits_bought + 1)
    ]
    assert sum(share.amount_minor for share in shares) == paid.amount_minor
    assert {share.amount_minor for share in shares[:-1]} <= {paid.amount_minor // credits_bought}
    assert shares[-1].amount_minor >= shares[0].amount_minor


@pytest.mark.parametrize("number", [0, -1, 6])
def test_a_credit_that_was_never_sold_has_no_share(number: int) -> None:
    with pytest.raises(ValueError, match="never sold"):
        share_of_credit(Money(4900, "usd"), credits_bought=5, number=number)


@given(paid=moneys)
def test_a_charge_and_its_release_balance(paid: Money) -> None:
    assert sums(charge_entries(paid)) == sums(release_entries(paid)) == {}
    after = balances(charge_entries(paid) + release_entries(paid))
    assert after["deferred_revenue", paid.currency] == 0
    assert after["stripe_balance", paid.currency] == -after["revenue", paid.currency] == paid.amount_minor


@given(charged=moneys, settled=moneys, fee=st.integers(0, 10**9))
def test_after_the_fee_the_books_hold_what_stripe_shows(charged: Money, settled: Money, fee: int) -> None:
    if settled.currency == charged.currency:
        settled = charged
    entries = fee_entries(charged=charged, settled=settled, fee=Money(fee, settled.currency))

    assert sums(entries) == {}
    after = balances(charge_entries(charged) + entries)
    assert after["stripe_balance", settled.currency] == settled.amount_minor - fee
    if settled.currency != charged.currency:
        assert after["stripe_balance", charged.currency] == 0


def test_a_charge_without_a_fee_books_nothing() -> None:
    same = Money(4900, "usd")
    assert fee_entries(charged=same, settled=same, fee=Money(0, "usd")) == ()


def transaction(*entries: Entry) -> LedgerTransaction:
    facts: dict[str, Any] = {
        "account_id": "acc_1",
        "order_id": "ord_1",
        "occurred_at": datetime(2026, 11, 23, tzinfo=UTC),
    }
    return LedgerTransaction(source_kind=SourceKind.CHARGE, source_id="ch_1", entries=entries, **facts)


@pytest.mark.parametrize(
    "entries",
    [
        (),
        (Entry(account=LedgerAccount.REVENUE, amount=Money(1, "usd")),),
        (
            Entry(account=LedgerAccount.STRIPE_BALANCE, amount=Money(5, "usd")),
            Entry(account=LedgerAccount.REVENUE, amount=Money(-5, "eur")),
        ),
    ],
)
def test_what_does_not_balance_is_no_transaction(entries: tuple[Entry, ...]) -> None:
    with pytest.raises(UnbalancedError):
        transaction(*entries)


def test_what_balances_is_one() -> None:
    assert transaction(*charge_entries(Money(4900, "usd"))).source_kind is SourceKind.CHARGE

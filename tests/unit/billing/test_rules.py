"""Small rules of billing: sessions judged, days of the books, sentences, settings, addresses."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

from services.billing.checkout.verdict import SessionVerdict, judge_session
from services.billing.config import Settings
from services.billing.ledger.book_day import BookDay, day_of
from services.billing.orders.order import OrderState, wrong_payment
from services.billing.orders.view import parked_sentence, state_words
from services.billing.reconciliation.reconciliation import ExceptionType
from services.billing.reconciliation.view import next_step, sentence
from shared.env import Env, SettingsError
from shared.money import Money
from tests.support.settings import environment

PRICE = Money(4900, "usd")


@pytest.mark.parametrize(
    ("total", "paid", "expired", "verdict"),
    [
        (PRICE, True, False, SessionVerdict.PAID),
        (PRICE, True, True, SessionVerdict.PAID),
        (Money(4899, "usd"), True, False, SessionVerdict.MISMATCH),
        (Money(4900, "eur"), True, False, SessionVerdict.MISMATCH),
        (None, True, False, SessionVerdict.MISMATCH),
        (PRICE, False, True, SessionVerdict.EXPIRED),
        (PRICE, False, False, SessionVerdict.WAITING),
        (Money(1, "usd"), False, False, SessionVerdict.WAITING),
    ],
)
def test_only_the_price_itself_pays_an_order(
    total: Money | None, *, paid: bool, expired: bool, verdict: SessionVerdict
) -> None:
    assert judge_session(price=PRICE, total=total, paid=paid, expired=expired) is verdict


@pytest.mark.parametrize(
    ("day", "hours"), [(date(2026, 3, 29), 23), (date(2026, 10, 25), 25), (date(2026, 11, 23), 24)]
)
def test_a_day_of_the_books_follows_the_clocks_of_its_zone(day: date, hours: int) -> None:
    book_day = BookDay(day=day, zone="Europe/Berlin")
    assert book_day.ends_at - book_day.begins_at == timedelta(hours=hours)
    assert day_of(book_day.begins_at, "Europe/Berlin") == book_day
    assert day_of(book_day.ends_at, "Europe/Berlin").day == day + timedelta(days=1)


def test_days_of_the_books_leave_no_gap() -> None:
    days = [BookDay(day=date(2026, 10, 20) + timedelta(days=n), zone="America/Sao_Paulo") for n in range(10)]
    assert all(one.ends_at == other.begins_at for one, other in pairwise(days))
    assert days[0].begins_at == datetime(2026, 10, 20, 3, tzinfo=UTC)


@pytest.mark.parametrize("kind", list(ExceptionType))
def test_each_exception_says_what_is_wrong_and_what_to_do(kind: ExceptionType) -> None:
    said = sentence(kind, ours=PRICE, stripe=Money(7500, "jpy"))
    assert said.endswith(".")
    assert "%(" not in said
    assert next_step(kind)
    assert sentence(kind, ours=None, stripe=PRICE)
    assert sentence(kind, ours=PRICE, stripe=None)


@pytest.mark.parametrize("state", list(OrderState))
def test_each_state_of_an_order_has_words(state: OrderState) -> None:
    assert state_words(state)


@pytest.mark.parametrize(
    ("paid", "sentence"),
    [
        (Money(4900, "eur"), "The order says $49.00 and €49.00 was paid."),
        (None, "The order says $49.00 and the checkout does not say what was paid."),
    ],
)
def test_a_wrong_payment_is_worded_when_it_is_shown(paid: Money | None, sentence: str) -> None:
    assert parked_sentence(wrong_payment(PRICE, paid)) == sentence


class Urls:
    app = owner = "postgresql+psycopg://billing@127.0.0.1:1/billing"


def settings(**changes: str) -> Settings:
    given: Any = environment("billing", databases={"billing": Urls()}, redis_url="redis://127.0.0.1:1", urls={})
    return Settings.read(Env(given | changes))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("STRIPE_WEBHOOK_SECRETS", ""),
        ("STRIPE_WEBHOOK_SECRETS", " , "),
        ("STRIPE_WEBHOOK_SECRETS", "whsec_good_enough_0123,short"),
        ("STRIPE_API_KEY", ""),
        ("SUPPORT_EMAIL", ""),
        ("QUEUE_PUBLIC_URL", "queue"),
        ("BOOKS_ZONE", "Mars/Olympus"),
        ("CHECKOUT_MINUTES", "5"),
        ("CHECKOUT_MINUTES", "soon"),
        ("DATABASE_URL", ""),
        ("OIDC_ISSUER", ""),
    ],
)
def test_billing_refuses_to_start_and_names_the_setting(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=name):
        settings(**{name: value})


def test_secrets_do_not_show() -> None:
    shown = repr(settings())
    for secret in ("sk_test_standin", "whsec_", "client-secret", "secret-of-billing"):
        assert secret not in shown


def test_several_webhook_secrets_stand_side_by_side() -> None:
    both = settings(STRIPE_WEBHOOK_SECRETS="whsec_new_0123456789, whsec_old_0123456789")
    assert both.stripe_webhook_secrets == ("whsec_new_0123456789", "whsec_old_0123456789")

"""What a body may cost before its signature is checked, and what a signed one may hold."""

import json
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from tests.support.billing import Shop, open_shop, signed

LARGE = json.dumps({"data": [{"id": f"evt_{number}", "text": "x" * 40} for number in range(13_000)]}).encode()
FORM = "multipart/form-data; boundary=x"
TYPES = ("application/json", "application/x-www-form-urlencoded", FORM, "application/problem+json", "")
PARSERS = ("json.decoder", "json.scanner", "werkzeug.formparser", "werkzeug.sansio.multipart", "urllib.parse")


@pytest.fixture
def shop(tmp_path: Path, databases: Any) -> Iterator[Shop]:
    with open_shop(tmp_path, databases) as opened:
        yield opened


def work_of(do: Callable[[], Any]) -> Counter[str]:
    """How many functions were called, by the module that holds them: work that no busy machine falsifies."""
    calls: Counter[str] = Counter()

    def count(frame: FrameType, event: str, argument: Any) -> None:
        if event == "call":
            calls[frame.f_globals.get("__name__", "")] += 1
        elif event == "c_call":
            calls[getattr(argument, "__module__", None) or type(argument.__self__).__module__] += 1

    sys.setprofile(count)
    try:
        do()
    finally:
        sys.setprofile(None)
    return calls


@pytest.mark.parametrize("content_type", TYPES)
def test_an_unsigned_body_is_parsed_by_nothing(shop: Shop, content_type: str) -> None:
    assert 900_000 < len(LARGE) < 1_000_000
    body = LARGE
    if content_type == FORM:
        body = b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n' + LARGE + b"\r\n--x--\r\n"
    client = shop.app.test_client()

    def post(kind: str) -> None:
        answer = client.post("/webhooks/stripe", data=body, content_type=kind, headers={"Stripe-Signature": "t=1,v1=x"})
        assert answer.status_code == 400
        assert answer.json["code"] == "webhook_not_authentic"

    post("text/plain")
    plain = work_of(lambda: post("text/plain"))
    other = work_of(lambda: post(content_type))

    assert other.total() <= plain.total() * 1.05
    assert {name: other[name] - plain[name] for name in PARSERS if other[name] > plain[name]} == {}


EVENT = {"id": "evt_1", "type": "customer.created", "created": 1_700_000_000, "data": {"object": {"id": "cus_1"}}}
ODD = {
    "made long after time ends": EVENT | {"created": 10**18},
    "made long before it began": EVENT | {"created": -(10**15)},
    "a time with hundreds of digits": EVENT | {"created": 10**300},
    "NUL in its words": EVENT | {"data": {"object": {"id": "cus_1", "name": "a\0b"}}},
    "half a character in its words": EVENT | {"data": {"object": {"id": "cus_1", "name": "\ud83d"}}},
    "NUL in its type": EVENT | {"type": "customer.\0created"},
    "half a character in its id": EVENT | {"id": "evt_\ud83d"},
}


@pytest.mark.parametrize("odd", ODD)
@pytest.mark.parametrize("content_type", ["application/json", ""])
def test_what_stripe_signed_is_kept_however_odd_it_is(shop: Shop, odd: str, content_type: str) -> None:
    body = json.dumps(ODD[odd]).encode()

    for new in (True, False):
        headers = {"Stripe-Signature": signed(body)}
        answer = shop.app.test_client().post("/webhooks/stripe", data=body, content_type=content_type, headers=headers)
        assert (answer.status_code, answer.json) == (200, {"received": True, "new": new})

    assert shop.stored_events() == 1
    with shop.context.db.transaction() as session:
        kept = session.connection().exec_driver_sql("SELECT body FROM webhook_events").scalar()
    assert kept == body, "byte for byte"


def test_an_odd_event_that_wakes_work_settles_its_order_all_the_same(shop: Shop) -> None:
    order = shop.order()
    shop.pay(order)
    [event] = shop.events("checkout.session.completed")

    assert shop.webhook(event | {"created": 10**18, "account": "a\0b"}).status_code == 200
    shop.handle()

    assert shop.now(order).settled_at is not None

"""Whatever is sent to the stand-in, the answer is JSON, in the shape of Stripe's document, and never a breakdown."""

import string
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from werkzeug.test import Client

from sandbox.stripe.app import create_app
from sandbox.stripe.courier import Courier
from sandbox.stripe.operations import OPERATIONS
from sandbox.stripe.settings import Settings
from sandbox.stripe.work import Operation
from sandbox.stripe.world import World
from tests.support.stripe_client import API_KEY
from tests.support.stripe_document import check_error

NAMES = sorted({name for operation in OPERATIONS for name in operation.params})
VALUES = st.one_of(
    st.text(max_size=20),
    st.sampled_from(["", "true", "-1", "0", "9" * 20, "usd", "payment", "pm_card_visa", "tok_visa", "card"]),
    st.integers(-5, 5).map(str),
)
KEYS = st.builds(
    lambda name, inside: name + "".join(f"[{part}]" for part in inside),
    st.one_of(st.sampled_from(NAMES), st.text(string.printable, max_size=8)),
    st.lists(st.sampled_from(["0", "price", "enabled", "metadata", "", "message"]), max_size=3),
)
BODIES = st.dictionaries(KEYS, VALUES, max_size=6)


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    folder = tmp_path_factory.mktemp("anything")
    world = World(Settings(host="", port=0, public_url="http://here", state_dir=folder, api_key=API_KEY))
    yield Client(create_app(world, Courier(world).timekeeper))
    world.close()


def sent(client: Client, method: str, path: str, form: dict[str, str], **headers: str) -> tuple[int, dict[str, object]]:
    headers = {"Authorization": f"Bearer {API_KEY}", **headers}
    query = form if method != "POST" else {}
    answer = client.open(path, method=method, headers=headers, data=None if query else form, query_string=query)
    assert answer.mimetype == "application/json", answer.get_data(as_text=True)[:500]
    told = answer.get_json()
    if answer.status_code >= 400:
        check_error(told)
    return answer.status_code, told


@given(operation=st.sampled_from(OPERATIONS), form=BODIES, ids=st.text(string.ascii_letters + "_%0", min_size=1))
@settings(max_examples=400)
def test_an_operation_with_anything(client: Client, operation: Operation, form: dict[str, str], ids: str) -> None:
    path = "/".join(ids if part.startswith("{") else part for part in operation.path.split("/"))
    status, told = sent(client, operation.method, path, form)
    assert status < 500, (operation.name, form, told)


@given(
    method=st.sampled_from(["GET", "POST", "DELETE", "PUT", "PATCH"]),
    path=st.lists(st.text(string.ascii_letters + string.digits + "_-.%", min_size=1, max_size=10), max_size=4),
)
@settings(max_examples=100)
def test_any_address_below_the_api(client: Client, method: str, path: list[str]) -> None:
    status, _ = sent(client, method, f"/v1/{'/'.join(path)}", {})
    assert status < 500


@pytest.mark.parametrize("header", ["Bearer", "Basic !!", "Bearer  ", "Digest x", "Bearer sk_live_1234567890"])
def test_any_credential(client: Client, header: str) -> None:
    assert sent(client, "GET", "/v1/customers", {}, Authorization=header)[0] == 401


@given(body=st.binary(max_size=60), kind=st.sampled_from(["application/json", "text/plain", "multipart/form-data", ""]))
@settings(max_examples=60)
def test_any_body(client: Client, body: bytes, kind: str) -> None:
    headers = {"Authorization": f"Bearer {API_KEY}", "Content-Type": kind}
    answer = client.post("/v1/customers", data=body, headers=headers)
    assert answer.status_code < 500
    assert answer.mimetype == "application/json"


@pytest.mark.parametrize("version", ["2020-08-27", "nonsense", "2026-08-26.dahlia; DROP"])
def test_any_version(client: Client, version: str) -> None:
    status, told = sent(client, "GET", "/v1/customers", {}, **{"Stripe-Version": version})
    assert (status, "Invalid Stripe API version" in str(told)) == (400, True)

"""A POST that changes something is done once for each key, and its answer repeated."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from werkzeug.test import TestResponse

from shared import clock
from shared.web import idempotency
from shared.web.idempotency import HEADER, idempotency_table
from tests.support.settings import API_KEY
from tests.support.tiny import ThingRefused, Tiny, tiny_service, token

keys = idempotency_table(sa.MetaData())
SHOP = {"Authorization": f"Bearer {API_KEY}"}


@pytest.fixture(scope="module")
def service(postgres: Any) -> Iterator[Tiny]:
    with postgres.database("billing") as database, tiny_service({"billing": database}) as tiny:
        yield tiny


@pytest.fixture
def tiny(service: Tiny, monkeypatch: pytest.MonkeyPatch) -> Tiny:
    service.forget()
    monkeypatch.setattr(service.routes, "inside", lambda: None)
    return service


def make(tiny: Tiny, key: str | None = "key-1", name: str = "one", **headers: str) -> TestResponse:
    sent = SHOP | ({} if key is None else {HEADER: key}) | headers
    return tiny.app.test_client().post("/v1/things", json={"name": name}, headers=sent)


def code(answer: TestResponse) -> tuple[int, str]:
    return answer.status_code, (answer.get_json() or {})["code"]


def test_a_repeat_gets_the_first_answer_again_and_does_nothing(tiny: Tiny) -> None:
    first, again = make(tiny), make(tiny)
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.get_json() == first.get_json()
    assert "Idempotent-Replayed" not in first.headers
    assert again.headers["Idempotent-Replayed"] == "true"
    assert again.headers["Location"] == first.headers["Location"] == f"/v1/things/{first.get_json()['id']}"
    assert again.mimetype == first.mimetype == "application/json"
    assert tiny.effects() == ["one"]


def test_another_body_under_the_same_key_is_refused(tiny: Tiny) -> None:
    make(tiny)
    assert code(make(tiny, name="two")) == (422, "idempotency_key_reused")
    assert tiny.effects() == ["one"]


@pytest.mark.parametrize("key", [None, "", "   ", "x" * 256])
def test_a_post_without_a_good_key_is_refused_and_told_what_to_send(tiny: Tiny, key: str | None) -> None:
    answer = make(tiny, key)
    assert code(answer) == (422, "idempotency_key_missing")
    assert "Idempotency-Key" in answer.text
    assert tiny.effects() == []


def test_a_key_that_is_given_back_while_a_repeat_looks_at_it_is_no_failure(tiny: Tiny) -> None:
    make(tiny)
    engine = tiny.app.extensions["database"].engine

    def give_back(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        if statement.endswith("FOR UPDATE"):
            with engine.begin() as connection:
                connection.execute(keys.delete())

    sa.event.listen(engine, "before_cursor_execute", give_back)
    try:
        assert code(make(tiny)) == (409, "idempotency_key_in_progress")
    finally:
        sa.event.remove(engine, "before_cursor_execute", give_back)
    assert make(tiny).status_code == 201


def test_two_callers_may_choose_the_same_key(tiny: Tiny, monkeypatch: pytest.MonkeyPatch) -> None:
    make(tiny)
    verifier = tiny.app.extensions["bearer_verifier"]
    monkeypatch.setattr(verifier, "_api_keys", [replace(verifier._api_keys[0], name="another")])
    answer = make(tiny)
    assert answer.status_code == 201
    assert "Idempotent-Replayed" not in answer.headers
    assert tiny.effects() == ["one", "one"]


def test_a_peer_needs_no_key_because_its_question_names_the_thing(tiny: Tiny) -> None:
    sent = token("queue")
    assert tiny.app.test_client().post("/v1/things", json={"name": "one"}, headers=sent).status_code == 201


def test_twenty_at_once_have_one_effect_and_the_others_wait_or_get_the_same_answer(
    tiny: Tiny, monkeypatch: pytest.MonkeyPatch
) -> None:
    together = threading.Barrier(20)
    others_have_answers = threading.Event()
    monkeypatch.setattr(tiny.routes, "inside", lambda: others_have_answers.wait(10))

    def attempt(_: int) -> TestResponse:
        together.wait()
        answer = make(tiny)
        if answer.status_code == 409:
            others_have_answers.set()
        return answer

    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(attempt, range(20)))
    assert tiny.effects() == ["one"]
    done = [answer for answer in answers if answer.status_code == 201]
    refused = [answer for answer in answers if answer.status_code != 201]
    assert [answer.headers.get("Idempotent-Replayed") for answer in done].count(None) == 1
    assert len({answer.text for answer in done}) == 1
    assert refused
    assert {code(answer) for answer in refused} == {(409, "idempotency_key_in_progress")}
    assert make(tiny).headers["Idempotent-Replayed"] == "true"


def test_a_refusal_is_not_kept_so_that_the_cause_can_be_mended(tiny: Tiny, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> None:
        raise ThingRefused("Not yet.")

    monkeypatch.setattr(tiny.routes, "inside", refuse)
    assert make(tiny).status_code == ThingRefused("").status
    monkeypatch.setattr(tiny.routes, "inside", lambda: None)
    assert make(tiny).status_code == 201


def test_a_body_that_was_refused_may_be_mended_under_the_same_key(tiny: Tiny) -> None:
    client, headers = tiny.app.test_client(), SHOP | {HEADER: "key-1"}
    assert client.post("/v1/things", json={"nme": "one"}, headers=headers).status_code == 422
    assert client.post("/v1/things", json={"name": "one"}, headers=headers).status_code == 201


def test_a_fault_of_ours_is_not_kept_and_the_next_try_runs(tiny: Tiny, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tiny.routes, "inside", lambda: 1 / 0)
    assert make(tiny).status_code == 500
    monkeypatch.setattr(tiny.routes, "inside", lambda: None)
    answer = make(tiny)
    assert answer.status_code == 201
    assert "Idempotent-Replayed" not in answer.headers


def test_after_a_crash_in_the_middle_the_next_request_with_the_key_runs_once_the_claim_has_lapsed(
    tiny: Tiny, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A crash leaves the claim and nothing else: as if the process had been killed inside."""
    assert idempotency_claim(tiny, "key-1") is None
    assert code(make(tiny)) == (409, "idempotency_key_in_progress")
    later = clock.now() + idempotency.LOCK + timedelta(seconds=1)
    monkeypatch.setattr(idempotency.clock, "now", lambda: later)
    with ThreadPoolExecutor(5) as pool:
        answers = list(pool.map(lambda _: make(tiny), range(5)))
    assert 201 in {answer.status_code for answer in answers}
    assert tiny.effects() == ["one"]


def idempotency_claim(tiny: Tiny, key: str) -> Any:
    with tiny.app.test_request_context("/v1/things", method="POST", json={"name": "one"}, headers={HEADER: key}):
        return idempotency._claim(tiny.db, "integrator:shop", key)


def test_who_was_too_slow_does_not_overwrite_the_answer_of_who_took_over(
    tiny: Tiny, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first stalls beyond its claim, the second runs and answers, then the first wakes up and fails."""
    second: list[TestResponse] = []

    def stall() -> None:
        monkeypatch.setattr(tiny.routes, "inside", lambda: None)
        later = clock.now() + idempotency.LOCK + timedelta(seconds=1)
        monkeypatch.setattr(idempotency.clock, "now", lambda: later)
        second.append(make(tiny))
        raise ZeroDivisionError

    monkeypatch.setattr(tiny.routes, "inside", stall)
    assert make(tiny).status_code == 500
    assert second[0].status_code == 201
    assert make(tiny).get_json() == second[0].get_json()
    assert tiny.effects() == ["one"]


def test_a_key_that_is_nonsense_is_the_senders_mistake(tiny: Tiny) -> None:
    assert make(tiny, "ключ".encode().decode("latin-1")).status_code == 201


def test_the_key_stands_in_the_reference(tiny: Tiny) -> None:
    operation = tiny.app.spec["paths"]["/v1/things"]["post"]  # type: ignore[index]
    [parameter] = [one for one in operation["parameters"] if one["name"] == HEADER]
    assert (parameter["in"], parameter["required"]) == ("header", True)

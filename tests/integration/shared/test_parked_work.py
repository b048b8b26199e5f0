"""An operator sees what is parked, with the reason, and releases it: on a page and by command. Nobody else may."""

from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa

from shared.work.command import run_command
from tests.support.errands import ERRANDS, errands, make_errands, park
from tests.support.tiny import Tiny, tiny_service

WHY = "The bank <b>said</b> no."


@pytest.fixture
def tiny(databases: Any) -> Iterator[Tiny]:
    with tiny_service(databases, work=(ERRANDS,)) as tiny:
        make_errands(databases["billing"].owner, databases["billing"].app)
        yield tiny


def due(tiny: Tiny) -> set[str]:
    with tiny.db.transaction() as session:
        return set(session.execute(sa.select(errands.c.id).where(errands.c.due_at.is_not(None))).scalars())


def release(tiny: Tiny, **form: str) -> Any:
    client = tiny.client("operator")
    page = client.get("/form")
    token = page.text.partition('value="')[2].partition('"')[0]
    return client.post("/operator/work/release", data={"csrf_token": token, **form}, follow_redirects=True)


def test_the_page_says_what_is_parked_and_why(tiny: Tiny) -> None:
    park(tiny.db, "err_1", WHY)
    page = tiny.client("operator").get("/operator/work")
    assert page.status_code == 200
    assert "1 item waits for you" in page.text
    assert "The bank &lt;b&gt;said&lt;/b&gt; no." in page.text
    assert "err_1" in page.text


def test_an_empty_page_says_that_nothing_waits(tiny: Tiny) -> None:
    assert "Nothing waits for you" in tiny.client("operator").get("/operator/work").text


@pytest.mark.parametrize("role", ["agent", "senior", "supervisor", "finance"])
def test_only_an_operator_sees_or_releases(tiny: Tiny, role: str) -> None:
    park(tiny.db, "err_1", WHY)
    client = tiny.client(role)
    assert client.get("/operator/work").status_code == 403
    token = client.get("/form").text.partition('value="')[2].partition('"')[0]
    form = {"csrf_token": token, "kind": "errands", "key": "err_1"}
    assert client.post("/operator/work/release", data=form).status_code == 403
    assert tiny.client().post("/operator/work/release", data=form).status_code in {302, 400, 401}
    assert due(tiny) == set()


def test_one_is_released_and_the_others_stay(tiny: Tiny) -> None:
    park(tiny.db, "err_1", WHY)
    park(tiny.db, "err_2", WHY)
    assert "One item is released" in release(tiny, kind="errands", key="err_1").text
    assert due(tiny) == {"err_1"}
    assert "not parked any more" in release(tiny, kind="errands", key="err_1").text
    assert "One item is released" in release(tiny, kind="errands").text
    assert due(tiny) == {"err_1", "err_2"}


def test_an_unknown_kind_is_refused_with_those_that_there_are(tiny: Tiny) -> None:
    answer = release(tiny, kind="erands")
    assert answer.status_code == 400


def test_the_command_line_lists_and_releases(tiny: Tiny, capsys: pytest.CaptureFixture[str]) -> None:
    park(tiny.db, "err_1", WHY)
    run_command(tiny.db, (ERRANDS,), [])
    said = capsys.readouterr().out
    assert "errands: 0 pending, 1 parked." in said
    assert "err_1" in said
    assert WHY in said
    run_command(tiny.db, (ERRANDS,), ["release", "errands", "err_1"])
    assert "1 released" in capsys.readouterr().out
    assert due(tiny) == {"err_1"}


def test_the_command_line_says_what_is_wrong_and_what_there_is(tiny: Tiny) -> None:
    for arguments, sentence in (
        (["release", "erands", "err_1"], "Name one of: errands"),
        (["release", "errands", "err_9"], "err_9 is not parked"),
        (["relase"], "Usage"),
    ):
        with pytest.raises(SystemExit, match=sentence):
            run_command(tiny.db, (ERRANDS,), arguments)

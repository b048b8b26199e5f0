"""The pending work of entitlements is its events. One that is refused holds up nobody, and an operator releases it."""

import subprocess
import sys
import threading
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from services.entitlements.pending import KINDS, count_pending
from shared import outbox
from shared.work.command import run_command
from tests.support.declared import ROOT
from tests.support.entitlements import Body, Told
from tests.support.peer import Peer, events_in, running_peer, taken
from tests.support.settings import environment
from tests.support.staff import sign_in

POISON = "tkt_0"


def used(service: Told, tickets: int) -> None:
    """So many tickets have used a credit; billing is to be told of each."""
    service.bought(size=tickets)
    for number in range(tickets):
        service.asked(f"tkt_{number}", verified=True)
        service.responded(f"tkt_{number}")


def refuses_one(told: Body) -> tuple[int, bytes]:
    poisoned = any(event["body"]["ticket_id"] == POISON for event in events_in(told))
    return (422, b'{"detail": "No such order."}') if poisoned else taken(told)


def relay_once(service: Told, peer: Peer) -> None:
    client = peer.client(timeout_s=0.2)
    try:
        outbox.relay(service.context.db, {"billing": client})
    finally:
        client.close()


def relay_until(service: Told, peer: Peer, left: int) -> None:
    """Run the relay again and again, as if its pauses were over, until no more is pending than that."""
    for _ in range(20):
        relay_once(service, peer)
        with service.context.db.transaction() as session:
            if outbox.WORK.pending(session) <= left:
                return
            session.execute(sa.text("UPDATE outbox SET due_at = now() WHERE due_at IS NOT NULL"))
    raise AssertionError("It does not end")


def pending(service: Told) -> Any:
    with service.context.db.transaction() as session:
        return count_pending(session)


def test_a_poisonous_event_among_many_is_parked_and_released_by_command(
    service: Told, capsys: pytest.CaptureFixture[str]
) -> None:
    used(service, 30)
    with running_peer() as peer:
        peer.answer = refuses_one
        relay_until(service, peer, left=0)
        assert len({event["id"] for told in peer.told for event in events_in(told)}) == 30
        assert pending(service) == {"outbox": 0, "outbox_parked": 1}
        run_command(service.context.db, KINDS, [])
        assert "No such order." in capsys.readouterr().out
        peer.answer = taken
        run_command(service.context.db, KINDS, ["release", "outbox", "--all"])
        relay_until(service, peer, left=0)
    assert pending(service) == {"outbox": 0, "outbox_parked": 0}


def test_a_peer_that_hangs_delays_its_events_and_loses_none(service: Told) -> None:
    used(service, 3)
    ended = threading.Event()
    with running_peer() as peer:
        peer.answer = lambda _: (200, b"{}") if ended.wait(10) else (500, b"{}")
        relay_once(service, peer)
        assert pending(service) == {"outbox": 3, "outbox_parked": 0}
        ended.set()
        peer.answer = taken
        relay_until(service, peer, left=0)
    assert pending(service) == {"outbox": 0, "outbox_parked": 0}


def test_one_event_may_take_longer_than_its_peer_may_be_waited_for(service: Told) -> None:
    waits = max(peer._timeout_s for peer in service.context.peers.values())
    assert timedelta(seconds=waits) < outbox.WORK.longest


def test_the_command_stands_among_the_processes(databases: Any, service: Told) -> None:
    used(service, 1)
    variables = environment("entitlements", databases=databases, redis_url="redis://127.0.0.1:1", urls={})
    asked = [sys.executable, "-m", "services.entitlements", "work"]
    for words, code, says in (
        ([], 0, "outbox: 1 pending, 0 parked"),
        (["release", "outbox", "--all"], 0, "0 released"),
        (["release", "letters", "--all"], 1, "Name one of: outbox"),
    ):
        done = subprocess.run(
            [*asked, *words], env=variables, cwd=ROOT, capture_output=True, check=False, text=True, timeout=60
        )
        assert (done.returncode, says in done.stdout + done.stderr) == (code, True), done


def test_an_operator_sees_the_page_and_an_agent_does_not(service: Told) -> None:
    with service.http() as client:
        assert client.get("/operator/work").status_code == 302
        for role, status in (("agent", 403), ("operator", 200)):
            sign_in(client, "ana", "Ana", role)
            assert client.get("/operator/work").status_code == status

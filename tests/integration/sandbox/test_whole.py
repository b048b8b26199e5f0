"""`python -m sandbox up` as a newcomer runs it: one product, started, wounded, flushed, stopped and started again."""

import json
import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from redis import Redis
from requests import RequestException

from sandbox.browser import Browser
from sandbox.demo.cast import PAID, WAITING
from sandbox.demo.story import Addresses, sign_in
from sandbox.processes import stages
from sandbox.settings import OFFSETS
from sandbox.supervisor import ROOT
from shared import clock
from shared.jobs import pools_of
from tests.support import web
from tests.support.free_ports import free_base

START_WITHIN_S = 150
STOP_WITHIN_S = 20
SERVICES = ("billing", "entitlements", "queue")


def until(condition: Callable[[], Any], seconds: float, what: str) -> Any:
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline, f"waited {seconds} s for {what}"
        time.sleep(0.1)
    return found


class Product:
    """The command, its terminal and what it left in its folder."""

    def __init__(self, folder: Path) -> None:
        self.state = folder / "state"
        self.terminal = folder / "terminal"
        self.base = free_base()
        self._process: subprocess.Popen[bytes] | None = None

    def _command(self, *arguments: str) -> dict[str, Any]:
        ours = {"PORT_BASE": str(self.base), "SANDBOX_STATE": str(self.state)}
        env = {name: value for name, value in os.environ.items() if name not in {"POSTGRES_URL", "REDIS_URL"}} | ours
        return {"args": [sys.executable, "-m", "sandbox", *arguments], "cwd": ROOT, "env": env}

    def start(self, *, demo: bool = False) -> None:
        with self.terminal.open("wb") as terminal:
            self._process = subprocess.Popen(
                **self._command("up", "--quiet", *(() if demo else ("--no-demo",))),
                stdin=subprocess.DEVNULL,
                stdout=terminal,
                stderr=terminal,
                start_new_session=True,
            )

    def is_up(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, self.said()
        return (self.state / "sandbox.json").exists()

    def stop(self, number: signal.Signals) -> int:
        assert self._process is not None
        self._process.send_signal(number)
        return self._process.wait(STOP_WITHIN_S)

    def reset(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.kill()
            self._process.wait()
        subprocess.run(**self._command("reset"), check=True, stdout=subprocess.DEVNULL)

    def said(self) -> str:
        return self.terminal.read_text()

    def told(self) -> dict[str, Any]:
        told: dict[str, Any] = json.loads((self.state / "sandbox.json").read_text())
        return told

    def pid(self, part: str) -> int:
        return int((self.state / "logs" / f"{part}.pid").read_text().split()[0])

    def children(self, part: str) -> set[int]:
        """The processes that a part has forked (Linux only)."""
        pid = self.pid(part)
        return {int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()}

    def processes(self) -> list[str]:
        """What runs on this folder: all that inherited its name in the environment (Linux only)."""
        mark, found = f"SANDBOX_STATE={self.state}".encode(), []
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                if mark in (folder / "environ").read_bytes():
                    found.append((folder / "cmdline").read_bytes().replace(b"\0", b" ").decode())
            except OSError:
                continue
        return found

    def ready(self, service: str) -> bool:
        try:
            return web.get(f"{self.told()['addresses'][service]}/readyz").status_code == 200
        except RequestException:
            return False

    def ask(self, email: str) -> Browser:
        """A standard ticket, by the form."""
        browser = Browser().open(self.told()["addresses"]["ask"])
        browser.send(
            "/ask", subject="A question", text="It does not.", email=email, zone="Europe/Berlin", choice="standard"
        )
        assert "/t/" in browser.url, browser.page
        return browser

    def mails_to(self, email: str) -> list[Any]:
        found: list[Any] = web.get(
            f"{self.told()['addresses']['mail']}/api/messages", params={"to": email}, timeout=10
        ).json()["items"]
        return found


@pytest.fixture
def product(tmp_path: Path) -> Iterator[Product]:
    one = Product(tmp_path)
    yield one
    one.reset()


def wait_for_start(product: Product, *, demo: bool = False) -> None:
    product.start(demo=demo)
    until(product.is_up, START_WITHIN_S, "the table of addresses")


def check_what_is_told(product: Product) -> None:
    file = product.state / "sandbox.json"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    told = product.told()
    assert told["ports"] == {part: product.base + offset for part, offset in OFFSETS.items()}
    assert {person["name"] for person in told["people"]} >= {"Ana Silva", "Ben Okafor", "Finn Walsh"}
    assert set(told["secrets"]["service_keys"]) == set(told["database_urls"]) == set(SERVICES)
    for page in ("offer", "ask", "desk", "finance", "stripe_standin", "mail", "signin"):
        assert web.get(told["addresses"][page], follow=True).status_code == 200, page
        assert str(product.base + OFFSETS["mail"]) in product.said()
    api_key = {"Authorization": f"Bearer {told['secrets']['api_key']}"}
    assert web.get(f"{told['addresses']['queue']}/v1/tickets", headers=api_key).status_code == 200
    assert "Premium Support is running" in product.said()


def check_the_demo_data(product: Product) -> None:
    """History is there; nobody but the reader has a paid ticket in the queue; Ben finds one to answer."""
    assert json.loads((product.state / "demo.json").read_text()) == {"complete": True}, product.said()
    addresses = product.told()["addresses"]
    at = Addresses(queue=addresses["queue"], stripe=addresses["stripe_standin"], mail=addresses["mail"])
    for case in PAID:
        mails = product.mails_to(case.email)
        assert len(mails) >= 2, "acknowledgement and answer"
        if case.answer:
            greeting = case.answer.splitlines()[0]
            assert any(greeting in mail["text"] for mail in mails), "the answer is the customer's own"
    ben = sign_in(at, "ben").send("/desk/take")
    assert WAITING.subject in ben.page
    ana = sign_in(at, "ana").send("/desk/take")
    assert "/desk/tickets/" not in ana.url
    finn = Browser().open(addresses["finance"]).send("/authorize", sub="finn")
    finn.send("/finance/reconciliations", date=f"{clock.now():%Y-%m-%d}")
    until(lambda: "$129.00" in finn.open(finn.url).page, 30, "the reconciliation to be done in the background")


def check_that_the_killed_come_back(product: Product) -> None:
    victims = ("queue-web", "queue-worker", "valkey", "postgres")
    before = {part: product.pid(part) for part in victims}
    for pid in before.values():
        os.kill(pid, signal.SIGKILL)
    until(lambda: all(product.pid(part) != before[part] for part in victims), 30, "each to be started again")
    for service in SERVICES:
        until(lambda service=service: product.ready(service), 40, f"{service} to be ready again")
    for part in victims:
        assert f"{part} was killed by SIGKILL; starting it again" in product.said()


def check_that_workers_keep_their_connections(product: Product) -> None:
    """A sweep comes by every five seconds, on a session that was there before it."""
    asked = (
        "SELECT count(*) FROM pg_stat_activity WHERE usename = current_user AND pid <> pg_backend_pid()"
        " AND backend_start < %s AND state_change > %s"
    )
    url = product.told()["database_urls"]["entitlements"]["app"].replace("+psycopg", "")
    with psycopg.connect(url, autocommit=True) as connection:
        row = connection.execute("SELECT clock_timestamp()").fetchone()
        assert row is not None
        until(lambda: connection.execute(asked, row * 2).fetchone() != (0,), 30, "a sweep on an old session")


def check_that_a_killed_worker_is_replaced_by_its_parent(product: Product) -> None:
    """The process of one pool; the supervisor does not even see it. (Linux only.)"""
    if not Path("/proc/self").exists():
        return
    parent, before = product.pid("queue-worker"), product.children("queue-worker")
    assert len(before) == len(pools_of("queue")), product.said()
    for child in before:
        os.kill(child, signal.SIGKILL)
    until(lambda: len(product.children("queue-worker") - before) == len(before), 30, "as many new workers")
    assert product.pid("queue-worker") == parent
    product.ask("replaced@acme.example")
    until(lambda: product.mails_to("replaced@acme.example"), 40, "the acknowledgement")


def check_that_a_flush_loses_no_mail(product: Product) -> None:
    with Redis.from_url(product.told()["redis_url"]) as valkey:
        valkey.flushall()
        product.ask("flushed@acme.example")
        valkey.flushall()
    [mail] = until(lambda: product.mails_to("flushed@acme.example"), 40, "the acknowledgement")
    assert "A person answers by" in mail["text"]


def check_that_it_stops(product: Product) -> None:
    assert product.processes() or not Path("/proc/self").exists()
    assert product.stop(signal.SIGINT) == 0
    assert product.processes() == []
    assert "Stopped in" in product.said()
    assert "did not stop in time" not in product.said()
    assert not (product.state / "sandbox.json").exists()


@pytest.mark.timeout(400)
def test_the_product_runs_survives_kills_and_a_flush_stops_and_finds_its_data_again(product: Product) -> None:
    wait_for_start(product, demo=True)
    check_what_is_told(product)
    check_the_demo_data(product)
    check_that_workers_keep_their_connections(product)
    check_that_a_killed_worker_is_replaced_by_its_parent(product)
    check_that_the_killed_come_back(product)
    check_that_a_flush_loses_no_mail(product)
    browser = product.ask("jo@acme.example")
    secrets = product.told()["secrets"]
    check_that_it_stops(product)

    wait_for_start(product)
    assert "A question" in browser.open(browser.url).page
    assert product.told()["secrets"] == secrets
    assert len(product.mails_to("flushed@acme.example")) == 1
    check_that_it_stops(product)


def test_it_stops_cleanly_in_the_middle_of_its_start_and_two_on_one_folder_are_refused(product: Product) -> None:
    product.start()
    first_service = stages()[0][0].name
    until((product.state / "logs" / f"{first_service}.pid").exists, 60, "the first Python part")
    second = subprocess.run(**product._command("up"), check=False, capture_output=True, text=True)
    assert second.returncode == 1
    assert "The product runs already on" in second.stderr
    assert product.stop(signal.SIGTERM) == 0
    assert product.processes() == []
    assert "Traceback" not in product.said()


def test_a_database_that_cannot_start_is_told_in_sentences(product: Product) -> None:
    product.state.mkdir()
    (product.state / "postgres.password").write_text("made up")
    (product.state / "pgdata").mkdir()
    product.start()
    assert product._process is not None
    assert product._process.wait(60) == 1
    assert "postgres did not start. It said:" in product.said()
    assert "`make reset` forgets all data and begins anew" in product.said()
    assert "Traceback" not in product.said()
    assert product.processes() == []

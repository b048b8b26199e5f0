"""The real product in processes of its own, and a real Chromium."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.conftest import chromium

ROOT = Path(__file__).parent.parent.parent
_PORTS = 10


def _free_base() -> int:
    """A PORT_BASE with ten free ports above it."""
    for base in range(21_000, 30_000, 50):
        try:
            for port in range(base + 1, base + _PORTS):
                with socket.socket() as probe:
                    probe.bind(("127.0.0.1", port))
        except OSError:
            continue
        return base
    raise AssertionError("No ten free ports in a row")


@pytest.fixture(scope="session")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """`make run` without demo data, on free ports; what sandbox.json tells."""
    state = tmp_path_factory.mktemp("product")
    variables = {**os.environ, "PORT_BASE": str(_free_base()), "SANDBOX_STATE": str(state), "NO_COLOR": "1"}
    command = [sys.executable, "-m", "sandbox", "up", "--no-demo", "--quiet"]
    with (state / "up.log").open("w") as log:
        process = subprocess.Popen(command, cwd=ROOT, env=variables, stdout=log, stderr=log, stdin=subprocess.DEVNULL)
    try:
        _wait_until_running(process, state / "up.log")
        yield json.loads((state / "sandbox.json").read_text())
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(60)


def _wait_until_running(process: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(900):
        if "is running" in log.read_text():
            return
        try:
            process.wait(0.1)
        except subprocess.TimeoutExpired:
            continue
        break
    pytest.fail(f"The product did not start:\n{log.read_text()[-3000:]}")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium without a window; it asks nobody but the pages it is led to."""
    found = chromium()
    assert found is not None
    quiet = ["--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-quic"]
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=found, args=["--no-sandbox", *quiet])
        yield launched
        launched.close()


class Window:
    """One person's browser window. What the browser refuses (CSP, scripts, missing files) is kept in `complaints`."""

    def __init__(self, context: BrowserContext) -> None:
        self.context = context
        self.complaints: list[str] = []
        self.page: Page = context.new_page()
        self.page.set_default_timeout(15_000)
        self.page.on("console", lambda said: self._note(said.type, said.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def _note(self, kind: str, text: str) -> None:
        # A declined card is answered with 402 and a wrong form with 422: Chromium logs those as failed resources.
        if kind == "error" and "status of 4" not in text:
            self.complaints.append(text)


@pytest.fixture
def window(browser: Browser) -> Iterator[Any]:
    """Open a window for one more person: `window()`, a telephone: `window(phone=True)`."""
    contexts: list[BrowserContext] = []
    opened: list[Window] = []

    def open_one(
        *, phone: bool = False, dark: bool = False, zone: str = "Europe/Berlin", locale: str = "en-US"
    ) -> Window:
        context = browser.new_context(
            viewport={"width": 390, "height": 844} if phone else {"width": 1280, "height": 900},
            color_scheme="dark" if dark else "light",
            timezone_id=zone,
            locale=locale,
        )
        contexts.append(context)
        opened.append(Window(context))
        return opened[-1]

    yield open_one
    for context in contexts:
        context.close()
    assert [complaint for each in opened for complaint in each.complaints] == []

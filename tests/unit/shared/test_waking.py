"""Wake-ups leave beside the request, once for what is asked often, and with the request's id."""

import threading
from concurrent.futures import ThreadPoolExecutor
from threading import Event

from shared.telemetry import bound_request_id, request_id
from shared.waking import Waker

WITHIN_S = 10


class Valkey:
    """Takes wake-ups; slow or broken at will."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, ...]] = []
        self.requests: list[str] = []
        self.open = Event()
        self.open.set()
        self.last = Event()
        self.broken = False

    def enqueue(self, *wanted: str) -> None:
        """Take a wake-up."""
        assert self.open.wait(WITHIN_S)
        self.seen.append(wanted)
        self.requests.append(request_id())
        if wanted == ("last",):
            self.last.set()
        if self.broken:
            raise ZeroDivisionError


def test_whoever_wakes_does_not_wait_for_valkey() -> None:
    valkey = Valkey()
    valkey.open.clear()
    wake = Waker(valkey.enqueue, pause_s=0)
    wake("first")
    wake("last")
    assert valkey.seen == [], "Valkey has not answered yet, and nobody stood there waiting"
    valkey.open.set()
    assert valkey.last.wait(WITHIN_S)
    assert valkey.seen == [("first",), ("last",)]


def test_what_is_woken_often_meanwhile_is_woken_once_more_and_nothing_is_lost() -> None:
    valkey = Valkey()
    wake = Waker(valkey.enqueue, pause_s=0)
    valkey.open.clear()
    wake("begin")
    with ThreadPoolExecutor(4) as pool:
        for _ in range(200):
            pool.submit(wake, "handle_due_events")
            pool.submit(wake, "send_mail", "mail_1")
    valkey.open.set()
    wake("last")
    assert valkey.last.wait(WITHIN_S)
    assert 1 <= valkey.seen.count(("handle_due_events",)) <= 2
    assert 1 <= valkey.seen.count(("send_mail", "mail_1")) <= 2


def test_a_wake_up_carries_the_request_that_asked_for_it() -> None:
    valkey = Valkey()
    with bound_request_id("req_of_a_customer"):
        Waker(valkey.enqueue)("last")
    assert valkey.last.wait(WITHIN_S)
    assert valkey.requests == ["req_of_a_customer"]


def test_one_that_fails_does_not_end_the_others() -> None:
    valkey = Valkey()
    valkey.broken = True
    wake = Waker(valkey.enqueue, pause_s=0)
    wake("first")
    wake("last")
    assert valkey.last.wait(WITHIN_S)
    assert len([thread for thread in threading.enumerate() if thread is wake._thread]) == 1

"""Whatever kills its worker is parked before it takes a fourth one along: each kind of work of each service."""

import importlib
import json
import subprocess
import sys

from shared import clock
from shared.work.kind import DEATH, PARK_AT
from tests.support.customer import Customer
from tests.support.declared import ROOT
from tests.support.house import House
from tests.support.settings import SERVICES


def test_each_kind_of_work_that_kills_its_worker_is_parked_seen_and_released(premises: House) -> None:
    Customer(premises).buy()
    premises.drain()
    ana = premises.staff("Ana", "senior", "agent").open(premises.queue.url + "/desk")
    ana.send("/desk/take")
    ana.send("/answer", restated="", text="Please turn the new check off.", step="answer")
    premises.drain()
    finn = premises.staff("Finn", "finance").open(premises.billing.url + "/finance")
    finn.send("/finance/reconciliations", date=f"{clock.now():%Y-%m-%d}")
    premises.drain()
    for name in SERVICES:
        service = premises.services[name]
        url = service.settings.common.database_url
        command = [sys.executable, "-m", "tests.support.deadly", name, url]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=60)
        kinds = importlib.import_module(f"services.{name}.pending").KINDS
        told = json.loads(done.stdout.splitlines()[-1])
        assert told == {kind.name: [PARK_AT // DEATH, 1] for kind in kinds}

        olga = premises.staff("Olga", "operator").open(f"{service.url}/operator/work")
        assert olga.page.count("ended without a word") == len(kinds)
        with service.context.db.transaction() as session:
            assert [kind.release(session) for kind in kinds] == [1] * len(kinds)
    premises.drain()

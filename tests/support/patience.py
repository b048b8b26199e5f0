"""Pages ask entitlements for the classes' words and wait half a second at most; a busy test machine may take longer."""

import pytest

from services.billing.gateways import entitlements as asked_by_billing
from services.queue.gateways import entitlements as asked_by_queue

PATIENCE_S = 4.0


@pytest.fixture(autouse=True)
def patient_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test fails because the machine was slow for a moment."""
    monkeypatch.setattr(asked_by_billing, "CLASSES_WITHIN_S", PATIENCE_S)
    monkeypatch.setattr(asked_by_queue, "_CLASSES_DEADLINE_S", PATIENCE_S)
    monkeypatch.setattr(asked_by_queue, "_BALANCE_DEADLINE_S", PATIENCE_S)

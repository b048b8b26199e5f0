"""Reconciliations, for programs."""

from typing import Any

from apiflask import APIBlueprint

from services.billing.reconciliation import schemas
from services.billing.reconciliation import store as reconciliations
from services.billing.reconciliation.begin import begin_run
from services.billing.reconciliation.errors import ReconciliationNotFound
from services.billing.reconciliation.reconciliation import Mismatch, Reconciliation
from services.billing.reconciliation.view import next_step, sentence
from services.billing.web import context
from shared.web.access import allow, current_caller
from shared.web.idempotency import idempotent
from shared.web.pagination import PageQuery, page_of, position

reconciliations_api = APIBlueprint("reconciliations", __name__, tag="Reconciliations")


def _reconciliation(run: Reconciliation) -> dict[str, Any]:
    return {
        "reconciliation_id": run.reconciliation_id,
        "date": run.day,
        "zone": run.zone,
        "run_at": run.run_at,
        "run_by": run.run_by,
        "state": run.state.value,
        "mirrored": run.mirrored,
        "clean": run.clean,
        "matched": run.matched,
        "open": run.open,
        "totals": run.totals,
    }


@reconciliations_api.post("/v1/reconciliations")
@allow(staff=("finance",), scope="reconciliations:write")
@idempotent
@reconciliations_api.input(schemas.ReconciliationRequest)
@reconciliations_api.output(schemas.Reconciliation, status_code=201)
def create_reconciliation(json_data: dict[str, Any]) -> dict[str, Any]:
    """Reconcile a day: charges, orders, balance transactions and the ledger, to the cent. A day can be run again.

    It is done in the background: ask for the run by its id until its `state` is `done`. While one of the same day is
    under way, that is the answer.
    """
    caller = current_caller()
    run = begin_run(context(), json_data["date"], run_by=caller.name if caller else "")
    return _reconciliation(run)


@reconciliations_api.get("/v1/reconciliations")
@allow(staff=("finance",), scope="reconciliations:read")
@reconciliations_api.input(PageQuery, location="query")
@reconciliations_api.output(schemas.Reconciliations)
def list_reconciliations(query_data: dict[str, Any]) -> dict[str, Any]:
    """Runs, newest first."""
    limit = query_data["limit"]
    with context().db.transaction() as session:
        runs = reconciliations.list_page(session, limit=limit + 1, before=position(query_data["cursor"]))
    return page_of(runs, limit, id_of=lambda run: run.reconciliation_id, as_body=_reconciliation)


@reconciliations_api.get("/v1/reconciliations/<reconciliation_id>")
@allow(staff=("finance",), scope="reconciliations:read")
@reconciliations_api.output(schemas.Reconciliation)
def show_reconciliation(reconciliation_id: str) -> dict[str, Any]:
    """A run: how far it has come, and what came of it."""
    with context().db.transaction() as session:
        run = reconciliations.find(session, reconciliation_id)
    if run is None:
        raise ReconciliationNotFound(reconciliation_id)
    return _reconciliation(run)


def _mismatch(mismatch: Mismatch) -> dict[str, Any]:
    return {
        "exception_id": mismatch.exception_id,
        "type": mismatch.type.value,
        "charge_id": mismatch.charge_id,
        "order_id": mismatch.order_id,
        "balance_transaction_id": mismatch.balance_transaction_id,
        "ours": mismatch.ours,
        "stripe": mismatch.stripe,
        "sentence": sentence(mismatch.type, ours=mismatch.ours, stripe=mismatch.stripe),
        "next_step": next_step(mismatch.type),
        "occurred_at": mismatch.occurred_at,
        "first_seen_at": mismatch.first_seen_at,
        "resolved_at": mismatch.resolved_at,
    }


@reconciliations_api.get("/v1/reconciliations/<reconciliation_id>/exceptions")
@allow(staff=("finance",), scope="reconciliations:read")
@reconciliations_api.input(PageQuery, location="query")
@reconciliations_api.output(schemas.Mismatches)
def list_exceptions(reconciliation_id: str, query_data: dict[str, Any]) -> dict[str, Any]:
    """What a run found that does not match; `resolved_at` says what was mended since."""
    limit = query_data["limit"]
    with context().db.transaction() as session:
        run = reconciliations.find(session, reconciliation_id)
        if run is None:
            raise ReconciliationNotFound(reconciliation_id)
        after = position(query_data["cursor"])
        found = reconciliations.exceptions_of(session, run, limit=limit + 1, after=after)
    return page_of(found, limit, id_of=lambda mismatch: mismatch.exception_id, as_body=_mismatch)

"""A small world in which everything holds: one customer has paid, one agent has answered; for each test to damage."""

from datetime import UTC, datetime, timedelta
from typing import Any

from tests.chaos.journal import Beat, Form, Journal, Outcome, Payment, Sight, Take, Words
from tests.chaos.witness import Truth

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
DUE = NOON + timedelta(hours=2)
AGENT = "agent:agt_1"
Entry = dict[str, Any]


def at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def entry(aggregate: str, of: str, number: int, action: str, seconds: float = 0, **more: Any) -> Entry:
    return {
        "aggregate": aggregate,
        "aggregate_id": of,
        "number": number,
        "action": action,
        "actor": more.pop("actor", "system"),
        "after": more,
        "occurred_at": at(seconds),
    }


def event(name: str, kind: str, recipient: str, **body: Any) -> Entry:
    return {"id": name, "type": kind, "recipient": recipient, "body": body}


def journal() -> Journal:
    told = Journal()
    told.note(Form(mark="[c1-1]", outcome=Outcome.TAKEN, ticket_ids=frozenset({"tkt_1"})))
    told.note(Payment(session_id="cs_1"))
    told.note(Sight(ticket_id="tkt_1", response_class="premium", respond_by=DUE.isoformat()))
    told.note(Take(person="ana", ticket_id="tkt_1"))
    told.note(Words(mark="[ana-1]", by="ana", outcome=Outcome.TAKEN, ticket_id="tkt_1", token=1))
    told.note(Beat(person="ana", ticket_id="tkt_1", outcome=Outcome.REFUSED))
    told.note(Words(mark="[ana-2]", by="ana", outcome=Outcome.REFUSED, ticket_id="tkt_1", token=1))
    return told


def billing() -> dict[str, list[Entry]]:
    order = {"order_id": "ord_1", "checkout_session_id": "cs_1", "amount_minor": 4900, "currency": "usd"}
    posted = [
        ("ltx_1", "charge", "ch_1", {"stripe_balance": 4900, "deferred_revenue": -4900}),
        ("ltx_2", "balance_transaction", "txn_1", {"stripe_fees": 172, "stripe_balance": -172}),
        ("ltx_3", "consumption", "cre_3", {"deferred_revenue": 4900, "revenue": -4900}),
    ]
    return {
        "orders": [order | {"state": "settled", "ticket_id": "tkt_1", "credits": 1, "audit_number": 1}],
        "order_payments": [{"charge_id": "ch_1", "order_id": "ord_1"}],
        "ledger_transactions": [
            {"transaction_id": name, "source_kind": kind, "source_id": source, "order_id": "ord_1"}
            for name, kind, source, _ in posted
        ],
        "ledger_entries": [
            {"transaction_id": name, "ledger_account": account, "amount_minor": amount, "currency": "usd"}
            for name, _, _, lines in posted
            for account, amount in lines.items()
        ],
        "consumptions": [{"entry_id": "cre_3", "released_at": at(90)}],
        "accounts": [],
        "audit_entries": [entry("order", "ord_1", 1, "settled")],
        "outbox": [event("evt_1", "billing.incidents.purchased.v1", "entitlements", order_id="ord_1")],
        "inbox": [{"id": "evt_4"}],
    }


def entitlements() -> dict[str, list[Entry]]:
    counters = {"available": 0, "held": 0, "consumed": 1, "expired": 0, "revoked": 0}
    moves = [("cre_1", "grant", None), ("cre_2", "hold", "tkt_1"), ("cre_3", "consume", "tkt_1")]
    return {
        "grants": [{"id": "grt_1", "source_id": "ord_1", "granted": 1, "audit_number": 3} | counters],
        "credit_entries": [
            {"id": name, "grant_id": "grt_1", "kind": kind, "credits": 1, "ticket_id": ticket}
            for name, kind, ticket in moves
        ],
        "decisions": [
            {"ticket_id": "tkt_1", "sequence": 1, "rank": 0, "response_class": "standard", "respond_by": at(90_000)},
            {"ticket_id": "tkt_1", "sequence": 2, "rank": 10, "response_class": "premium", "respond_by": DUE},
        ],
        "tickets": [],
        "accounts": [],
        "audit_entries": [entry("grant", "grt_1", number, "moved") for number in (1, 2, 3)],
        "outbox": [
            event("evt_2", "entitlements.decision.made.v1", "queue"),
            event("evt_4", "entitlements.credit.consumed.v1", "billing"),
        ],
        "inbox": [{"id": "evt_1"}, {"id": "evt_3"}],
    }


def queue() -> dict[str, list[Entry]]:
    promised = [(0, at(90_000)), (10, DUE)]
    return {
        "tickets": [
            {
                "id": "tkt_1",
                "subject": "It fails [c1-1]",
                "state": "waiting_customer",
                "lease_token": 1,
                "opened_at": at(0),
                "first_responded_at": at(80),
                "response_class": "premium",
                "class_rank": 10,
                "respond_by": DUE,
                "audit_number": 4,
            }
        ],
        "messages": [
            {"id": "msg_1", "ticket_id": "tkt_1", "kind": "customer", "body": "It fails. [c1-1]", "created_at": at(0)},
            {"id": "msg_2", "ticket_id": "tkt_1", "kind": "agent", "body": "Do. [ana-1]", "created_at": at(70)},
        ],
        "outbound_mails": [
            {"id": "eml_1", "rfc_message_id": "<1@x>", "kind": "answer", "to_address": "c1@x", "sent_at": at(80)}
        ],
        "agents": [{"id": "agt_1", "subject": "ana"}],
        "audit_entries": [
            *(
                entry("ticket", "tkt_1", number, "promise", class_rank=rank, respond_by=by_then.isoformat())
                for number, (rank, by_then) in enumerate(promised, start=1)
            ),
            entry("ticket", "tkt_1", 3, "taken", 20, actor=AGENT, lease_token=1),
            entry("ticket", "tkt_1", 4, "agent_answer", 70, actor=AGENT),
        ],
        "outbox": [event("evt_3", "queue.ticket.first_responded.v1", "entitlements")],
        "inbox": [{"id": "evt_2"}],
    }


def sane_truth() -> Truth:
    """Nothing is wrong in there."""
    return Truth(
        journal=journal(),
        rows={"billing": billing(), "entitlements": entitlements(), "queue": queue()},
        charges=[{"id": "ch_1", "paid": True, "amount": 4900, "currency": "usd", "payment_intent": "pi_1"}],
        sessions=[{"id": "cs_1", "payment_status": "paid", "amount_total": 4900, "currency": "usd"}],
        balance_transactions=[{"id": "txn_1", "type": "charge", "fee": 172, "source": "ch_1"}],
        mails=[{"message_id": "<1@x>", "to": ["c1@x"], "text": "Do. [ana-1]"}],
        for_a_person={"billing.outbox_parked": 0},
        reconciliations=[{"date": "2026-03-02", "clean": True, "matched": 1, "exceptions": []}],
    )

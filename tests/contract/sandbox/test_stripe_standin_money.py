"""Refunds that fail, disputes and payouts: what moves, what is told, and what Stripe would refuse."""

import csv
import io
from decimal import Decimal
from typing import Any
from xml.etree import ElementTree as ET

import pytest
import stripe

from sandbox.stripe import server
from tests.support import web
from tests.support.stripe_client import eventually, sdk

DAY = 24 * 60 * 60


def pay(client: stripe.StripeClient, card: str = "tok_visa", amount: int = 4900) -> stripe.Charge:
    asked: Any = {"amount": amount, "currency": "usd", "source": card}
    return client.v1.charges.create(asked)


def told(client: stripe.StripeClient, *types: str) -> list[str]:
    return [event.type for event in reversed(client.v1.events.list({"types": list(types), "limit": 100}).data)]


def let_pass(standin: server.ThreadedHandle, **time_s: float) -> None:
    web.post(f"{standin.url}/_sandbox/clock", json=time_s).raise_for_status()


def control(standin: server.ThreadedHandle, path: str, **asked: Any) -> dict[str, Any]:
    answer = web.post(f"{standin.url}/_sandbox/{path}", json=asked)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def net(client: stripe.StripeClient) -> int:
    return sum(one.net for one in client.v1.balance_transactions.list({"limit": 100}).auto_paging_iter())


def balance(client: stripe.StripeClient) -> int:
    found = client.v1.balance.retrieve()
    return sum(part.amount for part in (*found.available, *found.pending))


def test_a_refund_that_fails_brings_the_money_back_and_opens_the_charge_again(standin: server.ThreadedHandle) -> None:
    client = sdk(standin.url)
    charge = pay(client, "tok_refundFail")
    before = balance(client)
    refund = client.v1.refunds.create({"charge": charge.id, "amount": 1000})
    assert (refund.status, balance(client)) == ("succeeded", before - 1000)
    let_pass(standin, days=3)
    failed = client.v1.refunds.retrieve(refund.id, {"expand": ["failure_balance_transaction"]})
    assert (failed.status, failed.failure_reason) == ("failed", "expired_or_canceled_card")
    assert isinstance(failed.failure_balance_transaction, stripe.BalanceTransaction)
    assert failed.failure_balance_transaction.type == "refund_failure"
    assert balance(client) == net(client) == before
    assert client.v1.charges.retrieve(charge.id).amount_refunded == 0
    assert told(client, "refund.created", "refund.failed", "charge.refund.updated") == [
        "refund.created",
        "charge.refund.updated",
        "refund.failed",
    ]
    client.v1.refunds.create({"charge": charge.id})


def test_a_refund_can_be_pending_first(standin: server.ThreadedHandle) -> None:
    client = sdk(standin.url)
    refund = client.v1.refunds.create({"charge": pay(client, "tok_pendingRefund").id})
    assert (refund.status, refund.pending_reason) == ("pending", "processing")
    with pytest.raises(stripe.InvalidRequestError, match="cannot be canceled"):
        client.v1.refunds.cancel(refund.id)
    let_pass(standin, days=3)
    assert client.v1.refunds.retrieve(refund.id).status == "succeeded"


def disputed(client: stripe.StripeClient, card: str = "tok_createDispute") -> stripe.Dispute:
    charge = pay(client, card)
    return eventually(lambda: client.v1.disputes.list({"charge": charge.id}).data)[0]  # type: ignore[no-any-return]


def test_a_dispute_takes_the_money_and_a_fee_and_bars_a_refund(standin: server.ThreadedHandle) -> None:
    client = sdk(standin.url)
    dispute = disputed(client)
    assert (dispute.status, dispute.reason, dispute.amount) == ("needs_response", "fraudulent", 4900)
    (withdrawn,) = dispute.balance_transactions
    assert (withdrawn.type, withdrawn.reporting_category, withdrawn.amount, withdrawn.fee) == (
        "adjustment",
        "dispute",
        -4900,
        1500,
    )
    assert client.v1.charges.retrieve(str(dispute.charge)).disputed
    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.v1.refunds.create({"charge": str(dispute.charge)})
    assert refused.value.code == "charge_disputed"
    assert told(client, "charge.dispute.created", "charge.dispute.funds_withdrawn") == [
        "charge.dispute.created",
        "charge.dispute.funds_withdrawn",
    ]
    assert balance(client) == net(client)


@pytest.mark.parametrize(
    ("evidence", "status", "returned"), [("winning_evidence", "won", 4900), ("losing_evidence", "lost", 0)]
)
def test_evidence_is_submitted_once_and_decides(
    standin: server.ThreadedHandle, evidence: str, status: str, returned: int
) -> None:
    client = sdk(standin.url)
    dispute = disputed(client)
    before = balance(client)
    kept = client.v1.disputes.update(dispute.id, {"evidence": {"customer_name": "Jo"}, "submit": False})
    assert (kept.status, kept.evidence_details.has_evidence) == ("needs_response", True)
    sent = client.v1.disputes.update(dispute.id, {"evidence": {"uncategorized_text": evidence}, "submit": True})
    assert (sent.status, sent.evidence_details.submission_count) == ("under_review", 1)
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.disputes.update(dispute.id, {"evidence": {"customer_name": "Al"}})
    eventually(lambda: client.v1.disputes.retrieve(dispute.id).status == status)
    assert balance(client) == net(client) == before + returned
    closing = ["charge.dispute.closed"] + (["charge.dispute.funds_reinstated"] if status == "won" else [])
    assert told(client, "charge.dispute.closed", "charge.dispute.funds_reinstated") == closing


def test_a_dispute_that_nobody_answers_is_lost_when_its_time_is_over(standin: server.ThreadedHandle) -> None:
    client = sdk(standin.url)
    dispute = disputed(client, "tok_createDisputeProductNotReceived")
    let_pass(standin, days=20)
    late = client.v1.disputes.retrieve(dispute.id)
    assert (late.status, late.evidence_details.past_due) == ("lost", True)


def test_a_dispute_can_be_accepted(standin: server.ThreadedHandle) -> None:
    client = sdk(standin.url)
    dispute = disputed(client)
    assert client.v1.disputes.close(dispute.id).status == "lost"
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.disputes.close(dispute.id)


def test_an_inquiry_takes_nothing_until_it_becomes_a_dispute(standin: server.ThreadedHandle) -> None:
    client = sdk(standin.url)
    dispute = disputed(client, "tok_createDisputeInquiry")
    assert (dispute.status, dispute.balance_transactions) == ("warning_needs_response", [])
    before = balance(client)
    said: Any = {"evidence": {"uncategorized_text": "escalate_inquiry_evidence"}, "submit": True}
    client.v1.disputes.update(dispute.id, said)
    eventually(lambda: client.v1.disputes.retrieve(dispute.id).status == "needs_response")
    assert balance(client) == before - 4900 - 1500


def test_an_inquiry_that_is_answered_is_closed_after_120_days(standin: server.ThreadedHandle) -> None:
    client = sdk(standin.url)
    dispute = disputed(client, "tok_createDisputeInquiry")
    client.v1.disputes.update(dispute.id, {"evidence": {"customer_name": "Jo"}, "submit": True})
    let_pass(standin, days=121)
    assert client.v1.disputes.retrieve(dispute.id).status == "warning_closed"


def test_a_warning_of_fraud_is_actionable_until_the_money_is_back(standin: server.ThreadedHandle) -> None:
    client = sdk(standin.url)
    charge = pay(client, "tok_createIssuerFraudRecord")
    (warning,) = client.v1.radar.early_fraud_warnings.list({"charge": charge.id}).data
    assert warning.actionable
    client.v1.refunds.create({"charge": charge.id})
    assert not client.v1.radar.early_fraud_warnings.retrieve(warning.id).actionable


def test_a_manual_payout_is_at_most_what_is_available_and_not_itemized(standin: server.ThreadedHandle) -> None:
    client = sdk(standin.url)
    pay(client, amount=10_000)
    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.v1.payouts.create({"amount": 100, "currency": "usd"})
    assert refused.value.code == "balance_insufficient"
    let_pass(standin, days=7)
    payout = client.v1.payouts.create({"amount": 5000, "currency": "usd"})
    assert (payout.status, payout.reconciliation_status, payout.automatic) == ("pending", "not_applicable", False)
    with pytest.raises(stripe.InvalidRequestError, match="only be filtered on automatic"):
        client.v1.balance_transactions.list({"payout": payout.id})
    let_pass(standin, days=7)
    paid = client.v1.payouts.retrieve(payout.id)
    assert (paid.status, paid.trace_id and paid.trace_id.status) == ("paid", "supported")
    assert balance(client) == net(client)
    kinds = ("payout.created", "payout.updated", "payout.paid")
    assert told(client, *kinds) == list(kinds)


def test_an_automatic_payout_pays_out_exactly_its_transactions(standin: server.ThreadedHandle) -> None:
    client = sdk(standin.url)
    control(standin, "payouts/schedule", interval="daily")
    first, second = pay(client, amount=10_000), pay(client, amount=3_000)
    client.v1.refunds.create({"charge": first.id, "amount": 500})
    let_pass(standin, days=10)
    (payout,) = client.v1.payouts.list().data
    items = client.v1.balance_transactions.list({"payout": payout.id, "limit": 100}).data
    assert {item.source for item in items} >= {first.id, second.id, payout.id}
    assert sum(item.net for item in items if item.type != "payout") == payout.amount
    assert sum(item.net for item in items) == 0
    assert (payout.status, payout.reconciliation_status) == ("paid", "completed")
    assert "payout.reconciliation_completed" in told(client, "payout.reconciliation_completed")
    assert balance(client) == net(client) == 0


def test_a_payout_that_the_bank_sends_back_is_in_the_balance_again(standin: server.ThreadedHandle) -> None:
    client = sdk(standin.url)
    control(standin, "payouts/schedule", interval="weekly", weekday="friday")
    pay(client, amount=10_000)
    let_pass(standin, days=16)
    (payout,) = client.v1.payouts.list().data
    failed = control(standin, f"payouts/{payout.id}/fail", code="account_closed")
    assert (failed["status"], failed["failure_code"]) == ("failed", "account_closed")
    assert balance(client) == net(client) == payout.amount
    let_pass(standin, days=8)
    again = client.v1.payouts.list({"limit": 1}).data[0]
    assert again.amount == payout.amount


def test_an_instant_payout_costs_a_fee_and_is_there_in_half_an_hour(standin: server.ThreadedHandle) -> None:
    client = sdk(standin.url)
    pay(client, amount=10_000)
    let_pass(standin, days=7)
    payout = client.v1.payouts.create({"amount": 5000, "currency": "usd", "method": "instant"})
    let_pass(standin, hours=1)
    paid = client.v1.payouts.retrieve(payout.id, {"expand": ["balance_transaction"]})
    assert isinstance(paid.balance_transaction, stripe.BalanceTransaction)
    assert (paid.status, paid.balance_transaction.fee, paid.balance_transaction.net) == ("paid", 50, -5050)


def test_a_payout_is_canceled_before_it_is_sent(standin: server.ThreadedHandle) -> None:
    client = sdk(standin.url)
    pay(client, amount=10_000)
    let_pass(standin, days=7)
    before = balance(client)
    payout = client.v1.payouts.create({"amount": 5000, "currency": "usd"})
    assert client.v1.payouts.cancel(payout.id).status == "canceled"
    assert balance(client) == net(client) == before
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.payouts.cancel(payout.id)


def test_the_bank_statement_tells_what_arrived_and_its_balances_add_up(standin: server.ThreadedHandle) -> None:
    client = sdk(standin.url)
    control(standin, "payouts/schedule", interval="daily")
    for days in (1, 8):
        pay(client, amount=10_000)
        let_pass(standin, days=days)
    let_pass(standin, days=8)
    last = client.v1.payouts.list({"limit": 1}).data[0]
    control(standin, f"payouts/{last.id}/fail")
    payouts = {payout.id: payout for payout in client.v1.payouts.list().data}
    asked = {"from": "2026-01-01", "to": "2036-01-01"}
    told = {
        form: web.get(f"{standin.url}/_sandbox/bank", params={"format": form, **asked}).text
        for form in ("csv", "mt940", "camt053")
    }
    rows = list(csv.DictReader(io.StringIO(told["csv"])))
    expected = sorted([payout.amount for payout in payouts.values()] + [-last.amount])
    assert sorted(int(Decimal(row["amount"]) * 100) for row in rows) == expected
    traces = {payout.trace_id.value for payout in payouts.values() if payout.trace_id}
    assert {row["trace_id"] for row in rows} == traces

    space = {"c": "urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"}
    tree = ET.fromstring(told["camt053"])  # noqa: S314 - our own
    sign = {"CRDT": 1, "DBIT": -1}

    def money(element: ET.Element) -> int:
        amount = Decimal(element.findtext("c:Amt", "", space)) * 100
        return int(amount) * sign[element.findtext("c:CdtDbtInd", "", space)]

    opening, closing = (money(balance) for balance in tree.iterfind(".//c:Bal", space))
    entries = [money(entry) for entry in tree.iterfind(".//c:Ntry", space)]
    assert sorted(entries) == expected
    assert opening + sum(entries) == closing
    assert {one.text for one in tree.iterfind(".//c:EndToEndId", space)} == traces

    lines = told["mt940"].split("\r\n")
    assert sum(line.startswith(":61:") for line in lines) == len(expected)
    assert next(line for line in lines if line.startswith(":62F:")).endswith(f"USD{closing // 100},{closing % 100:02}")
    assert all(len(line) <= 6 * 65 for line in lines)

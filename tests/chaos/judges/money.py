"""Money: Stripe's charges, the books, the orders and what people were told agree to the last cent."""

from collections import Counter
from collections.abc import Iterator

from tests.chaos.journal import Payment
from tests.chaos.witness import Truth, by


def each_charge_is_booked_once(truth: Truth) -> Iterator[str]:
    """One ledger transaction of its amount for each paid charge and each fee of Stripe's, and none without."""
    billing = truth.rows["billing"]
    entries = by(billing["ledger_entries"], "transaction_id")
    booked = by(billing["ledger_transactions"], "source_kind", "source_id")
    paid = {charge["id"]: charge for charge in truth.paid_charges()}
    for charge in paid.values():
        found = booked.get(("charge", charge["id"]), [])
        if len(found) != 1:
            yield f"{charge['id']} of {charge['amount']} {charge['currency']} is in the books {len(found)} times"
        for transaction in found:
            debits = [
                (entry["amount_minor"], entry["currency"])
                for entry in entries.get(transaction["transaction_id"], [])
                if entry["ledger_account"] == "stripe_balance"
            ]
            if debits != [(charge["amount"], charge["currency"])]:
                yield f"{charge['id']} of {charge['amount']} {charge['currency']} is booked as {debits}"
    for moved in truth.balance_transactions:
        found = booked.get(("balance_transaction", moved["id"]), [])
        if moved["type"] == "charge" and moved["fee"] and len(found) != 1:
            yield f"the fee of {moved['id']} ({moved['source']}) is in the books {len(found)} times"
    for kind, source in booked:
        if kind == "charge" and source not in paid:
            yield f"{source} is in the books, and Stripe has no such paid charge"


def the_books_balance(truth: Truth) -> Iterator[str]:
    """Each transaction sums to zero in each currency; of no order more is earned than was paid."""
    billing = truth.rows["billing"]
    orders = {row["transaction_id"]: row["order_id"] for row in billing["ledger_transactions"]}
    sums, deferred = Counter[tuple[str, str]](), Counter[str]()
    for entry in billing["ledger_entries"]:
        sums[entry["transaction_id"], entry["currency"]] += entry["amount_minor"]
        if entry["ledger_account"] == "deferred_revenue":
            deferred[str(orders.get(entry["transaction_id"]))] += entry["amount_minor"]
    yield from (f"{key} sums to {total}" for key, total in sums.items() if total)
    yield from (f"of {order} more is earned than was paid: {total}" for order, total in deferred.items() if total > 0)


def an_order_is_settled_once(truth: Truth) -> Iterator[str]:
    """One entry in the trail, one payment, one event for each settled order; nothing of it for any other."""
    billing = truth.rows["billing"]
    settled = Counter(row["aggregate_id"] for row in billing["audit_entries"] if row["action"] == "settled")
    told = Counter(
        row["body"]["order_id"] for row in billing["outbox"] if row["type"].startswith("billing.incidents.purchased")
    )
    payments = Counter(row["order_id"] for row in billing["order_payments"])
    for order in billing["orders"]:
        counts = [counted[order["order_id"]] for counted in (settled, told, payments)]
        if counts != [order["state"] == "settled"] * 3:
            yield (
                f"{order['order_id']} is {order['state']}: settled {counts[0]} times, told {counts[1]} times,"
                f" paid {counts[2]} times"
            )


def nobody_pays_twice(truth: Truth) -> Iterator[str]:
    """One paid charge for a checkout, one settled order for a ticket."""
    by_intent = by(truth.paid_charges(), "payment_intent")
    for intent, charges in by_intent.items():
        if len(charges) > 1:
            yield f"{intent} was charged {len(charges)} times"
    of_ticket = by((row for row in truth.rows["billing"]["orders"] if row["state"] == "settled"), "ticket_id")
    for ticket, orders in of_ticket.items():
        if ticket is not None and len(orders) > 1:
            yield f"{ticket} was paid by {[order['order_id'] for order in orders]}"


def who_was_told_paid_has_paid(truth: Truth) -> Iterator[str]:
    """Whom the payment page called paid has one charge, and a settled order of that amount."""
    sessions = {session["id"]: session for session in truth.sessions}
    orders = {row["checkout_session_id"]: row for row in truth.rows["billing"]["orders"]}
    for session_id in dict.fromkeys(payment.session_id for payment in truth.journal.of(Payment)):
        session, order = sessions.get(session_id), orders.get(session_id)
        if session is None or session["payment_status"] != "paid":
            yield f"{session_id} was paid, and Stripe lists it as {session and session['payment_status']}"
        elif order is None or order["state"] != "settled":
            yield f"{session_id} was paid, and its order is {order and order['state']}"
        elif (order["amount_minor"], order["currency"]) != (session["amount_total"], session["currency"]):
            yield f"{session_id} was paid with {session['amount_total']}, and its order says {order['amount_minor']}"


def todays_reconciliation_is_clean(truth: Truth) -> Iterator[str]:
    """The product's own check finds nothing, and has counted each charge."""
    matched = sum(run["matched"] for run in truth.reconciliations)
    for run in truth.reconciliations:
        if not run["clean"]:
            yield f"the run over {run['date']} is not clean: {run}"
    if matched != (charges := sum(1 for _ in truth.paid_charges())):
        yield f"{matched} payments matched, and Stripe has {charges}"

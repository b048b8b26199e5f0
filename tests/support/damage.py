"""What somebody with the owner's rights can do to ledger, mirror and orders, and how a reconciliation must call it.

Each damage is done to one payment: `:charge`, `:balance` and `:order` are its ids. With a plus something was added, and
the charge itself still matches.
"""

# ruff: noqa: S608 - our own names

_CHARGE = "(SELECT transaction_id FROM ledger_transactions WHERE source_kind = 'charge' AND source_id = :charge)"
_FEE = _CHARGE.replace("'charge'", "'balance_transaction'").replace(":charge", ":balance")


def _again(of: str, mark: str = "x", *, source: str = "source_id", order: str = "order_id") -> str:
    """The same transaction once more, its id a little longer."""
    first = of.replace("source_id = ", "length(transaction_id) = 30 AND source_id = ")
    return f"""
        INSERT INTO ledger_transactions
            (transaction_id, source_kind, source_id, account_id, order_id, occurred_at, posted_at)
            SELECT transaction_id || '{mark}', source_kind, {source}, account_id, {order}, occurred_at, posted_at
            FROM ledger_transactions WHERE transaction_id = {first};
        INSERT INTO ledger_entries (transaction_id, line, ledger_account, amount_minor, currency)
            SELECT transaction_id || '{mark}', line, ledger_account, amount_minor, currency
            FROM ledger_entries WHERE transaction_id = {first}
    """


DAMAGE: dict[str, tuple[str, str]] = {
    # the ledger
    "entries ten times as large": (
        "ledger_amount_mismatch",
        f"""
            UPDATE ledger_entries SET amount_minor = amount_minor * 10 WHERE transaction_id = {_CHARGE}
        """,
    ),
    "entries gone": (
        "missing_in_ledger",
        f"DELETE FROM ledger_entries WHERE transaction_id = {_CHARGE}",
    ),
    "transaction gone": (
        "missing_in_ledger",
        f"""
            DELETE FROM ledger_entries WHERE transaction_id = {_CHARGE};
            DELETE FROM ledger_transactions WHERE source_kind = 'charge' AND source_id = :charge
        """,
    ),
    "booked twice": ("booked_twice", _again(_CHARGE)),
    "booked three times": ("booked_twice", _again(_CHARGE) + ";" + _again(_CHARGE, "y")),
    "once more without lines": (
        "booked_twice",
        _again(_CHARGE).split(";")[0],
    ),
    "two lines more that cancel out": (
        "ledger_amount_mismatch",
        f"""
            INSERT INTO ledger_entries (transaction_id, line, ledger_account, amount_minor, currency)
                SELECT transaction_id, line + 2, 'revenue', amount_minor, currency
                FROM ledger_entries WHERE transaction_id = {_CHARGE}
        """,
    ),
    "booked once more under a made-up source": (
        "+ledger_without_charge",
        _again(_CHARGE, source="'made_up_' || source_id"),
    ),
    "booked once more for nobody": (
        "+ledger_without_charge",
        _again(_CHARGE, source="'nobody_' || source_id", order="NULL"),
    ),
    "booked under another source": (
        "missing_in_ledger",
        """
            UPDATE ledger_transactions SET source_id = 'other_' || source_id WHERE source_kind = 'charge' AND
            source_id = :charge
        """,
    ),
    "another currency": (
        "ledger_currency_mismatch",
        f"UPDATE ledger_entries SET currency = 'chf' WHERE transaction_id = {_CHARGE}",
    ),
    "a line altered": (
        "unbalanced",
        f"""
            UPDATE ledger_entries SET amount_minor = amount_minor + 1 WHERE transaction_id = {_CHARGE} AND line = 1
        """,
    ),
    "a line gone": (
        "unbalanced",
        f"DELETE FROM ledger_entries WHERE transaction_id = {_CHARGE} AND line = 2",
    ),
    "earned at once": (
        "ledger_account_mismatch",
        f"""
            UPDATE ledger_entries SET ledger_account = 'revenue' WHERE transaction_id = {_CHARGE} AND line = 2
        """,
    ),
    "debit and credit exchanged": (
        "ledger_account_mismatch",
        f"""
            UPDATE ledger_entries SET amount_minor = -amount_minor WHERE transaction_id = {_CHARGE}
        """,
    ),
    "booked on another day": (
        "day_mismatch",
        """
            UPDATE ledger_transactions SET occurred_at = occurred_at - interval '300 days' WHERE source_kind =
            'charge' AND source_id = :charge
        """,
    ),
    "booked for another order": (
        "order_mismatch",
        """
            UPDATE ledger_transactions SET order_id = 'ord_other' WHERE source_kind = 'charge' AND source_id = :charge
        """,
    ),
    "fee ten times as large": (
        "fee_mismatch",
        f"""
            UPDATE ledger_entries SET amount_minor = amount_minor * 10 WHERE transaction_id = {_FEE}
        """,
    ),
    "fee gone": (
        "fee_missing",
        f"""
            DELETE FROM ledger_entries WHERE transaction_id = {_FEE};
            DELETE FROM ledger_transactions WHERE source_kind = 'balance_transaction' AND source_id = :balance
        """,
    ),
    "fee booked twice": ("booked_twice", _again(_FEE)),
    "a line of the fee altered": (
        "unbalanced",
        f"""
            UPDATE ledger_entries SET amount_minor = amount_minor + 1 WHERE transaction_id = {_FEE} AND line = 1
        """,
    ),
    "fee on another account": (
        "fee_mismatch",
        f"""
            UPDATE ledger_entries SET ledger_account = 'revenue' WHERE transaction_id = {_FEE} AND ledger_account =
            'stripe_fees'
        """,
    ),
    "fee on another day": (
        "day_mismatch",
        """
            UPDATE ledger_transactions SET occurred_at = occurred_at - interval '300 days' WHERE source_kind =
            'balance_transaction' AND source_id = :balance
        """,
    ),
    "fee for another order": (
        "order_mismatch",
        """
            UPDATE ledger_transactions SET order_id = 'ord_other' WHERE source_kind = 'balance_transaction' AND
            source_id = :balance
        """,
    ),
    # the mirror
    "charge gone": (
        "missing_in_stripe",
        "DELETE FROM charges WHERE charge_id = :charge",
    ),
    "charge of another amount": (
        "amount_mismatch",
        """
            UPDATE charges SET amount_minor = amount_minor + 100 WHERE charge_id = :charge
        """,
    ),
    "charge in another currency": (
        "currency_mismatch",
        "UPDATE charges SET currency = 'chf' WHERE charge_id = :charge",
    ),
    "charge for another order": (
        "order_mismatch",
        "UPDATE charges SET order_id = 'ord_other' WHERE charge_id = :charge",
    ),
    "charge for no order": (
        "order_mismatch",
        "UPDATE charges SET order_id = NULL WHERE charge_id = :charge",
    ),
    "charge of another day": (
        "day_mismatch",
        """
            UPDATE charges SET created_at = created_at - interval '300 days' WHERE charge_id = :charge
        """,
    ),
    "charge refunded": (
        "refund_missing_in_books",
        "UPDATE charges SET refunded_minor = 100 WHERE charge_id = :charge",
    ),
    "charge without balance transaction": (
        "balance_transaction_missing",
        "UPDATE charges SET balance_transaction_id = NULL WHERE charge_id = :charge",
    ),
    "fee for nobody, of a charge without balance transaction": (
        "balance_transaction_missing",
        """
            UPDATE ledger_transactions SET order_id = NULL
            WHERE source_kind = 'balance_transaction' AND source_id = :balance;
            UPDATE charges SET balance_transaction_id = NULL WHERE charge_id = :charge
        """,
    ),
    "charge with a made-up balance transaction": (
        "balance_transaction_missing",
        """
            UPDATE charges SET balance_transaction_id = 'txn_made_up' WHERE charge_id = :charge
        """,
    ),
    "balance transaction gone": (
        "balance_transaction_missing",
        "DELETE FROM balance_transactions WHERE balance_transaction_id = :balance",
    ),
    "balance transaction of another charge": (
        "balance_source_mismatch",
        """
            UPDATE balance_transactions SET source_id = 'ch_other' WHERE balance_transaction_id = :balance
        """,
    ),
    "another fee at Stripe": (
        "fee_mismatch or missing",
        """
            UPDATE balance_transactions SET fee_minor = fee_minor + 100 WHERE balance_transaction_id = :balance
        """,
    ),
    "balance transaction of another amount": (
        "balance_amount_mismatch or fee",
        """
            UPDATE balance_transactions SET gross_minor = gross_minor + 100 WHERE balance_transaction_id = :balance
        """,
    ),
    "a charge that nobody knows": (
        "+missing_in_books",
        """
            INSERT INTO charges (charge_id, amount_minor, refunded_minor, currency, created_at, mirrored_at, due_at)
            SELECT 'new_' || charge_id, 1200, 0, 'usd', created_at, mirrored_at, NULL FROM charges WHERE charge_id =
            :charge
        """,
    ),
    "a second charge for the order": (
        "+duplicate_charge",
        """
            INSERT INTO charges (charge_id, order_id, amount_minor, refunded_minor, currency, created_at, mirrored_at,
            due_at) SELECT 'new_' || charge_id, order_id, amount_minor, 0, currency, created_at, mirrored_at, NULL
            FROM charges WHERE charge_id = :charge
        """,
    ),
    # the orders
    "payment gone": (
        "missing_in_books",
        "DELETE FROM order_payments WHERE charge_id = :charge",
    ),
    "payment of another amount": (
        "amount_mismatch",
        """
            UPDATE order_payments SET amount_minor = amount_minor - 1 WHERE charge_id = :charge
        """,
    ),
    "payment in another currency": (
        "currency_mismatch",
        "UPDATE order_payments SET currency = 'chf' WHERE charge_id = :charge",
    ),
    "payment of another day": (
        "day_mismatch",
        """
            UPDATE order_payments SET paid_at = paid_at - interval '300 days' WHERE charge_id = :charge
        """,
    ),
    "payment for another order": (
        "order_mismatch",
        "UPDATE order_payments SET order_id = 'ord_other' WHERE charge_id = :charge",
    ),
    "order of another amount": (
        "amount_mismatch",
        "UPDATE orders SET amount_minor = amount_minor + 1 WHERE order_id = :order",
    ),
    "order in another currency": (
        "currency_mismatch",
        "UPDATE orders SET currency = 'chf' WHERE order_id = :order",
    ),
    "order not settled": (
        "order_mismatch",
        "UPDATE orders SET state = 'abandoned' WHERE order_id = :order",
    ),
    "order of another day": (
        "day_mismatch",
        """
            UPDATE orders SET paid_at = paid_at - interval '300 days' WHERE order_id = :order
        """,
    ),
    "an order that nobody has paid": (
        "+missing_in_stripe",
        """
            INSERT INTO orders (order_id, account_id, contact_email, product, credits, response_class,
            expires_after_days, amount_minor, currency, lookup_key, state, checkout_expires_at, created_at, paid_at,
            settled_at, due_at) SELECT 'new_' || order_id, account_id, contact_email, product, credits,
            response_class, expires_after_days, amount_minor, currency, lookup_key, state, checkout_expires_at,
            created_at, paid_at, settled_at, NULL FROM orders WHERE order_id = :order
        """,
    ),
}

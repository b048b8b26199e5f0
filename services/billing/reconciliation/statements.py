"""The SQL of a reconciliation: the quick look that finds plain payments, and the close look that judges all others.

The quick look is one read-only join over the day's slices, which Postgres may run on several cores. A payment is plain
when mirror, payment, order, balance transaction and ledger say the very same; whatever is not plain is only named. The
close look takes names, finds the rows of each by key, also those of other days, and says what is wrong, if anything is.
"""

import sqlalchemy as sa

_LINES = """
           min(t.order_id) AS order_id, count(*) AS lines, min(t.transaction_id) = max(t.transaction_id) AS alone,
           min(e.currency) AS currency, max(e.currency) AS other_currency,
           sum(e.amount_minor) FILTER (WHERE e.ledger_account = 'stripe_balance') AS received,
"""

# Each side is cut to the day by an index of its own. Orders without a payment, ledger transactions without a charge:
# that the joins are full brings them out.
QUICK_LOOK = sa.text(
    f"""
SELECT split_part(name, ' ', 1) AS kind, substr(name, strpos(name, ' ') + 1) AS name, currency, balance_currency,
       payments, amount_minor, fee_minor
FROM (
SELECT CASE WHEN plain THEN 'plain' WHEN charge_id IS NOT NULL THEN 'charge ' || charge_id
            WHEN booked_id IS NOT NULL THEN 'ledger ' || booked_id WHEN fee_id IS NOT NULL THEN 'fee ' || fee_id
            ELSE 'order ' || order_id END AS name,
       currency, balance_currency,
       count(*) AS payments, sum(amount_minor)::bigint AS amount_minor, sum(fee_minor)::bigint AS fee_minor
FROM (
    SELECT coalesce(c.charge_id, p.charge_id) AS charge_id, l.source_id AS booked_id, f.source_id AS fee_id,
           p.settled_id AS order_id, c.currency, c.amount_minor, b.currency AS balance_currency, b.fee_minor,
           coalesce(
               p.amount_minor = c.amount_minor AND p.currency = c.currency AND p.order_id = c.order_id
               AND p.order_minor = c.amount_minor AND p.order_currency = c.currency AND c.refunded_minor = 0
               AND l.order_id = c.order_id AND l.lines = 2 AND l.alone
               AND l.received = c.amount_minor AND l.deferred = -c.amount_minor
               AND l.currency = c.currency AND l.other_currency = c.currency
               AND b.source_id = c.charge_id AND b.gross_minor = c.amount_minor AND b.currency = c.currency
               AND CASE WHEN b.fee_minor = 0 THEN f.source_id IS NULL
                        ELSE f.order_id = c.order_id AND f.lines = 2 AND f.alone
                             AND f.fees = b.fee_minor AND f.received = -b.fee_minor
                             AND f.currency = c.currency AND f.other_currency = c.currency END,
               false) AS plain
    FROM (SELECT charge_id, order_id, balance_transaction_id, amount_minor, refunded_minor, currency
          FROM charges WHERE created_at >= :begins_at AND created_at < :ends_at) c
    LEFT JOIN balance_transactions b USING (balance_transaction_id)
    FULL JOIN (
        SELECT paid.charge_id, paid.order_id, paid.amount_minor, paid.currency,
               o.order_id AS settled_id, o.amount_minor AS order_minor, o.currency AS order_currency
        FROM (SELECT charge_id, order_id, amount_minor, currency
              FROM order_payments WHERE paid_at >= :begins_at AND paid_at < :ends_at) paid
        FULL JOIN (SELECT order_id, amount_minor, currency FROM orders
                   WHERE paid_at >= :begins_at AND paid_at < :ends_at AND state = 'settled') o USING (order_id)
    ) p ON p.charge_id = c.charge_id
    FULL JOIN (
        SELECT t.source_id, {_LINES}
               sum(e.amount_minor) FILTER (WHERE e.ledger_account = 'deferred_revenue') AS deferred
        FROM ledger_transactions t LEFT JOIN ledger_entries e USING (transaction_id)
        WHERE t.source_kind = 'charge' AND t.occurred_at >= :begins_at AND t.occurred_at < :ends_at
        GROUP BY t.source_id
    ) l ON l.source_id = c.charge_id
    FULL JOIN (
        SELECT t.source_id, {_LINES}
               sum(e.amount_minor) FILTER (WHERE e.ledger_account = 'stripe_fees') AS fees
        FROM ledger_transactions t LEFT JOIN ledger_entries e USING (transaction_id)
        WHERE t.source_kind = 'balance_transaction' AND t.occurred_at >= :begins_at AND t.occurred_at < :ends_at
        GROUP BY t.source_id
    ) f ON f.source_id = c.balance_transaction_id
) pairs
GROUP BY 1, 2, 3
) looked ORDER BY name = 'plain' DESC, name LIKE 'charge %' DESC, split_part(name, ' ', 1)
"""  # noqa: S608 - constants of this module
)


def _booked(kind: str, source: str) -> str:
    """What the ledger has of a source, over all days: how often, the lines, and what they come to."""
    return f"""
    LEFT JOIN LATERAL (
        SELECT count(DISTINCT t.transaction_id) AS transactions, count(e.line) AS lines,
               min(t.occurred_at) AS first_at, max(t.occurred_at) AS last_at,
               min(t.order_id) AS order_id,
               min(e.currency) AS currency, max(e.currency) AS other_currency,
               sum(e.amount_minor) FILTER (WHERE e.amount_minor > 0) AS moved_minor,
               sum(e.amount_minor) FILTER (WHERE e.ledger_account = 'stripe_fees') AS fee_minor,
               min(e.currency) FILTER (WHERE e.ledger_account = 'stripe_fees') AS fee_currency,
               array_agg(concat_ws(' ', e.ledger_account, e.amount_minor, e.currency) COLLATE "C"
                   ORDER BY concat_ws(' ', e.ledger_account, e.amount_minor, e.currency) COLLATE "C") AS entries,
               (SELECT coalesce(bool_or(off <> 0), false) FROM (
                    SELECT sum(x.amount_minor) AS off
                    FROM ledger_entries x JOIN ledger_transactions y USING (transaction_id)
                    WHERE y.source_kind = '{kind}' AND y.source_id = {source} GROUP BY transaction_id, x.currency) sums
               ) AS unbalanced
        FROM ledger_transactions t LEFT JOIN ledger_entries e USING (transaction_id)
        WHERE t.source_kind = '{kind}' AND t.source_id = {source}
    )"""  # noqa: S608 - constants of this module


def _lines(*lines: str) -> str:
    """The lines that a transaction must have, as `_booked` writes them; those that would move nothing do not stand."""
    return f"""(
        SELECT array_agg(concat_ws(' ', v.account, v.amount, v.currency) COLLATE "C"
            ORDER BY concat_ws(' ', v.account, v.amount, v.currency) COLLATE "C")
        FROM (VALUES {", ".join(lines)}) v (account, amount, currency) WHERE v.amount <> 0
    )"""  # noqa: S608 - constants of this module


_CHARGE_LINES = _lines(
    "('stripe_balance', c.amount_minor, c.currency)", "('deferred_revenue', -c.amount_minor, c.currency)"
)
_FEE_LINES = _lines("('stripe_fees', b.fee_minor, b.currency)", "('stripe_balance', -b.fee_minor, b.currency)")
_EXCHANGED_FEE_LINES = _lines(
    "('stripe_fees', b.fee_minor, b.currency)",
    "('stripe_balance', -b.fee_minor, b.currency)",
    "('currency_exchange', c.amount_minor, c.currency)",
    "('stripe_balance', -c.amount_minor, c.currency)",
    "('stripe_balance', b.gross_minor, b.currency)",
    "('currency_exchange', -b.gross_minor, b.currency)",
)


def _within(moment: str) -> str:
    return f"({moment} >= :begins_at AND {moment} < :ends_at)"


# One row for each name; the first thing that is wrong is its type. The sides are the two figures that differ.
_JUDGED = f"""
facts AS (
    SELECT s.name AS charge_id, coalesce(p.order_id, o.order_id) AS order_id, c.balance_transaction_id,
           coalesce(c.created_at, p.paid_at) AS occurred_at,
           c.charge_id IS NOT NULL AND {_within("c.created_at")} AS of_the_day,
           c.amount_minor, c.currency, c.refunded_minor, b.fee_minor, b.gross_minor, b.currency AS balance_currency,
           p.amount_minor AS paid_minor, p.currency AS paid_currency,
           o.amount_minor AS order_minor, o.currency AS order_currency,
           l.moved_minor AS booked_minor, l.currency AS booked_currency,
           f.fee_minor AS fee_booked_minor, f.fee_currency AS fee_booked_currency, f.transactions > 1 AS fee_twice,
           CASE
               WHEN c.charge_id IS NULL THEN 'missing_in_stripe'
               WHEN p.charge_id IS NULL AND EXISTS (SELECT FROM order_payments x WHERE x.order_id = c.order_id)
                   THEN 'duplicate_charge'
               WHEN p.charge_id IS NULL AND o.currency <> c.currency THEN 'currency_mismatch'
               WHEN p.charge_id IS NULL AND o.amount_minor <> c.amount_minor THEN 'amount_mismatch'
               WHEN p.charge_id IS NULL THEN 'missing_in_books'
               WHEN p.currency <> c.currency OR o.currency <> c.currency THEN 'currency_mismatch'
               WHEN p.amount_minor <> c.amount_minor OR o.amount_minor <> c.amount_minor THEN 'amount_mismatch'
               WHEN p.order_id IS DISTINCT FROM c.order_id OR o.state IS DISTINCT FROM 'settled' THEN 'order_mismatch'
               WHEN NOT {_within("c.created_at")} OR NOT {_within("p.paid_at")}
                    OR {_within("o.paid_at")} IS NOT TRUE THEN 'day_mismatch'
               WHEN c.refunded_minor > 0 THEN 'refund_missing_in_books'
               WHEN l.lines = 0 THEN 'missing_in_ledger'
               WHEN l.transactions > 1 THEN 'booked_twice'
               WHEN l.unbalanced THEN 'unbalanced'
               WHEN l.order_id IS DISTINCT FROM p.order_id THEN 'order_mismatch'
               WHEN l.currency <> c.currency OR l.other_currency <> c.currency THEN 'ledger_currency_mismatch'
               WHEN l.moved_minor <> c.amount_minor THEN 'ledger_amount_mismatch'
               WHEN l.entries <> {_CHARGE_LINES} THEN 'ledger_account_mismatch'
               WHEN NOT {_within("l.first_at")} THEN 'day_mismatch'
               WHEN b.balance_transaction_id IS NULL THEN 'balance_transaction_missing'
               WHEN b.source_id IS DISTINCT FROM c.charge_id THEN 'balance_source_mismatch'
               WHEN b.currency = c.currency AND b.gross_minor <> c.amount_minor THEN 'balance_amount_mismatch'
               WHEN f.lines = 0 AND (b.fee_minor <> 0 OR b.currency <> c.currency) THEN 'fee_missing'
               WHEN f.transactions > 1 THEN 'booked_twice'
               WHEN f.unbalanced OR f.transactions > 0 AND f.lines = 0 THEN 'unbalanced'
               WHEN f.order_id <> c.order_id THEN 'order_mismatch'
               WHEN f.lines > 0 AND f.entries IS DISTINCT FROM
                    CASE WHEN b.currency = c.currency THEN {_FEE_LINES} ELSE {_EXCHANGED_FEE_LINES} END
                   THEN 'fee_mismatch'
               WHEN f.lines > 0 AND timezone(:zone, f.first_at)::date <> timezone(:zone, b.created_at)::date
                   THEN 'day_mismatch'
           END AS type
    FROM unnest(CAST(:names AS text[])) s (name)
    LEFT JOIN charges c ON c.charge_id = s.name
    LEFT JOIN order_payments p ON p.charge_id = s.name
    LEFT JOIN orders o ON o.order_id = coalesce(p.order_id, c.order_id)
    LEFT JOIN balance_transactions b ON b.balance_transaction_id = c.balance_transaction_id
    {_booked("charge", "s.name")} l ON true
    {_booked("balance_transaction", "c.balance_transaction_id")} f ON true
    WHERE c.charge_id IS NOT NULL OR p.charge_id IS NOT NULL
), judged AS MATERIALIZED (
    SELECT charge_id AS subject, charge_id, order_id, balance_transaction_id, occurred_at, type, of_the_day,
           amount_minor, currency, fee_minor, balance_currency,
           CASE WHEN type IN ('missing_in_books', 'duplicate_charge', 'refund_missing_in_books', 'missing_in_ledger',
                              'fee_missing') THEN NULL
                WHEN type LIKE 'balance_%_mismatch' THEN amount_minor
                WHEN type = 'fee_mismatch' OR type = 'booked_twice' AND fee_twice THEN fee_booked_minor
                WHEN type IN ('booked_twice', 'unbalanced') OR type LIKE 'ledger_%' THEN booked_minor
                WHEN paid_minor = amount_minor AND paid_currency = currency THEN order_minor
                ELSE coalesce(paid_minor, order_minor) END AS ours_minor,
           CASE WHEN type LIKE 'balance_%_mismatch' THEN currency
                WHEN type = 'fee_mismatch' OR type = 'booked_twice' AND fee_twice THEN fee_booked_currency
                WHEN type IN ('booked_twice', 'unbalanced') OR type LIKE 'ledger_%' THEN booked_currency
                WHEN paid_minor = amount_minor AND paid_currency = currency THEN order_currency
                ELSE coalesce(paid_currency, order_currency) END AS ours_currency,
           CASE WHEN type IN ('fee_missing', 'fee_mismatch') OR type = 'booked_twice' AND fee_twice THEN fee_minor
                WHEN type LIKE 'balance_%_mismatch' THEN gross_minor
                WHEN type = 'refund_missing_in_books' THEN refunded_minor ELSE amount_minor END AS stripe_minor,
           CASE WHEN type IN ('fee_missing', 'fee_mismatch') OR type = 'booked_twice' AND fee_twice
                     OR type LIKE 'balance_%_mismatch' THEN balance_currency ELSE currency END AS stripe_currency
    FROM facts
)"""  # noqa: S608 - constants of this module

_KEEP = """
INSERT INTO reconciliation_exceptions AS known
    (exception_id, day, type, subject, charge_id, order_id, balance_transaction_id, ours_minor, ours_currency,
     stripe_minor, stripe_currency, occurred_at, first_seen_at, last_seen_run)
SELECT :prefix || lpad(row_number() OVER (ORDER BY occurred_at, subject)::text, 9, '0'), :day, type, subject, charge_id,
       order_id, balance_transaction_id, ours_minor, CASE WHEN ours_minor IS NOT NULL THEN ours_currency END,
       stripe_minor, CASE WHEN stripe_minor IS NOT NULL THEN stripe_currency END, occurred_at, :now, :reconciliation_id
FROM judged WHERE type IS NOT NULL
ON CONFLICT (day, type, subject) WHERE resolved_at IS NULL DO UPDATE
    SET last_seen_run = excluded.last_seen_run, order_id = excluded.order_id,
        balance_transaction_id = excluded.balance_transaction_id,
        ours_minor = excluded.ours_minor, ours_currency = excluded.ours_currency,
        stripe_minor = excluded.stripe_minor, stripe_currency = excluded.stripe_currency
"""

JUDGE_CHARGES = sa.text(
    f"""
WITH {_JUDGED}, kept AS ({_KEEP})
SELECT currency, balance_currency, count(*) AS payments, sum(amount_minor)::bigint AS amount_minor,
       sum(fee_minor)::bigint AS fee_minor
FROM judged WHERE type IS NULL AND of_the_day GROUP BY 1, 2
"""  # noqa: S608 - constants of this module
)
"""Keeps what is wrong with the charges of these names; returns what is not, as the quick look returns the plain."""

# What stands on the day without its charge. A charge that is known and was found wrong is told of once. A fee may come
# on another day than its charge; everything else has the day of its charge.
JUDGE_STRAYS = sa.text(
    f"""
WITH strays AS (
    SELECT s.kind, s.name, t.occurred_at, t.order_id, t.minor, t.currency, b.created_at AS fee_at,
           coalesce(c.charge_id, p.charge_id) AS charge_id,
           CASE WHEN s.kind = 'ledger' OR c.balance_transaction_id = s.name
                THEN coalesce(c.charge_id, p.charge_id) END AS home
    FROM unnest(CAST(:kinds AS text[]), CAST(:names AS text[])) s (kind, name)
    JOIN LATERAL (
        SELECT min(l.occurred_at) AS occurred_at, min(l.order_id) AS order_id,
               coalesce(sum(e.amount_minor) FILTER (WHERE e.amount_minor > 0), 0) AS minor,
               coalesce(min(e.currency), 'xxx') AS currency
        FROM ledger_transactions l LEFT JOIN ledger_entries e USING (transaction_id)
        WHERE l.source_id = s.name
          AND l.source_kind = CASE s.kind WHEN 'ledger' THEN 'charge' ELSE 'balance_transaction' END
    ) t ON s.kind <> 'order'
    LEFT JOIN balance_transactions b ON s.kind = 'fee' AND b.balance_transaction_id = s.name
    LEFT JOIN charges c ON c.charge_id = CASE s.kind WHEN 'fee' THEN b.source_id ELSE s.name END
    LEFT JOIN order_payments p ON s.kind = 'ledger' AND p.charge_id = s.name
  UNION ALL
    SELECT s.kind, s.name, o.paid_at, o.order_id, o.amount_minor, o.currency, NULL, p.charge_id, p.charge_id
    FROM unnest(CAST(:kinds AS text[]), CAST(:names AS text[])) s (kind, name)
    JOIN orders o ON s.kind = 'order' AND o.order_id = s.name
    LEFT JOIN order_payments p ON p.order_id = o.order_id
), judged AS MATERIALIZED (
    SELECT DISTINCT ON (coalesce(home, name)) coalesce(home, name) AS subject, home AS charge_id, order_id,
           CASE kind WHEN 'fee' THEN name END AS balance_transaction_id, occurred_at,
           minor AS ours_minor, currency AS ours_currency, NULL::bigint AS stripe_minor, NULL::text AS stripe_currency,
           CASE WHEN home IS NOT NULL THEN 'day_mismatch' WHEN kind = 'order' THEN 'missing_in_stripe'
                ELSE 'ledger_without_charge' END AS type
    FROM strays
    WHERE NOT (kind = 'fee' AND home IS NOT NULL AND {_within("fee_at")})
      AND NOT EXISTS (SELECT FROM reconciliation_exceptions told WHERE told.last_seen_run = :reconciliation_id
                      AND told.charge_id = strays.charge_id)
      AND NOT EXISTS (SELECT FROM reconciliation_exceptions told WHERE told.last_seen_run = :reconciliation_id
                      AND told.order_id = strays.order_id)
      AND NOT EXISTS (SELECT FROM charges c JOIN reconciliation_exceptions told USING (charge_id)
                      WHERE c.order_id = strays.order_id AND told.last_seen_run = :reconciliation_id)
    ORDER BY coalesce(home, name), kind DESC
), kept AS ({_KEEP})
SELECT count(*) FROM judged
"""  # noqa: S608 - constants of this module
)
"""Keeps what stands without a charge, of these kinds and names; returns how much of it was found wrong."""

MATCHED = sa.text(
    f"""
WITH {_JUDGED}
SELECT charge_id, order_id, balance_transaction_id, amount_minor, currency, fee_minor, balance_currency, occurred_at
FROM judged WHERE type IS NULL AND of_the_day ORDER BY occurred_at, charge_id
"""  # noqa: S608 - constants of this module
)

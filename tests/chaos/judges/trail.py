"""The trail is whole, each event has arrived, and a minute after the faults nothing waits."""

from collections.abc import Iterator

from tests.chaos.witness import Truth, by

_COUNTED = (
    ("billing", "order", "orders", "order_id"),
    ("billing", "account", "accounts", "account_id"),
    ("entitlements", "grant", "grants", "id"),
    ("entitlements", "account", "accounts", "account_id"),
    ("entitlements", "ticket", "tickets", "ticket_id"),
    ("queue", "ticket", "tickets", "id"),
)


def numbered_without_gaps(truth: Truth) -> Iterator[str]:
    """The entries of each thing are numbered from one, and its row counts as many."""
    for service, aggregate, table, key in _COUNTED:
        trail = by(truth.rows[service]["audit_entries"], "aggregate", "aggregate_id")
        for row in truth.rows[service][table]:
            numbers = sorted(entry["number"] for entry in trail.get((aggregate, row[key]), []))
            if numbers != list(range(1, row["audit_number"] + 1)):
                yield f"{service}: {row[key]} counts {row['audit_number']} entries and has {numbers}"


def each_event_arrived(truth: Truth) -> Iterator[str]:
    """What a service has told of stands in the inbox of whom it was for."""
    arrived = {service: {row["id"] for row in rows["inbox"]} for service, rows in truth.rows.items()}
    for service, rows in truth.rows.items():
        for event in rows["outbox"]:
            if event["id"] not in arrived[event["recipient"]]:
                yield f"{event['type']} {event['id']} of {service} never reached {event['recipient']}"


def nothing_waits_for_a_person(truth: Truth) -> Iterator[str]:
    """As the services tell it themselves: there was no reason to park anything, but deaths, and those were released."""
    yield from (f"{count} {name}" for name, count in truth.for_a_person.items() if count)
    yield from (f"parked: {item}" for item in truth.parked)

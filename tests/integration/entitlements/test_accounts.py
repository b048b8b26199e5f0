"""Who belongs to which account, as billing tells it: no grant is ever invisible, whatever arrives first."""

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import count

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.entitlements.credits import store as ledger
from services.entitlements.purchases import record
from shared import clock
from tests.support.entitlements import JO, Told
from tests.support.house import until

ANA, BO = "ana@acme.test", "bo@acme.test"
RUNS = count()


def balance(service: Told, email: str) -> tuple[str | None, int]:
    with service.context.db.transaction() as session:
        found = ledger.balance(session, email, clock.now())
    return found.account_id, found.available


def trail(service: Told, aggregate: str) -> list[tuple[object, ...]]:
    return service.rows(
        "SELECT aggregate_id, number, action FROM audit_entries WHERE aggregate = :aggregate ORDER BY 1, 2",
        aggregate=aggregate,
    )


def test_a_colleague_who_buys_finds_the_credits_in_the_company_s_balance(service: Told) -> None:
    service.account("acc_acme", 1, ANA)
    service.account("acc_acme", 2, ANA, BO)
    service.bought(account="acc_acme", contact_email=BO, size=3)
    assert balance(service, ANA) == balance(service, BO) == ("acc_acme", 3)
    assert service.asked("tkt_1", verified=True, email=ANA).response_class == "premium"


def test_a_purchase_before_the_account_s_first_event_creates_account_and_contact(service: Told) -> None:
    service.bought(account="acc_jo", size=2)
    assert balance(service, JO) == ("acc_jo", 2)
    assert service.rows("SELECT account_id, version FROM accounts") == [("acc_jo", 0)]
    service.account("acc_jo", 1, JO, name=None)
    assert balance(service, JO) == ("acc_jo", 2)


def test_once_billing_has_told_of_an_account_its_list_says_who_belongs_to_it(service: Told) -> None:
    service.account("acc_acme", 1, ANA)
    service.bought(account="acc_acme", contact_email=BO, size=2)
    assert balance(service, BO) == (None, 0)
    assert balance(service, ANA) == ("acc_acme", 2)


def test_an_older_version_changes_nothing(service: Told) -> None:
    service.account("acc_acme", 2, ANA, name="Acme Inc.")
    service.account("acc_acme", 1, ANA, BO, name="Acme")
    assert balance(service, BO) == (None, 0)
    assert service.rows("SELECT version, name FROM accounts") == [(2, "Acme Inc.")]
    assert trail(service, "account") == [("acc_acme", 1, "changed")]


def test_whoever_leaves_a_company_sees_and_burns_its_credits_no_more(service: Told) -> None:
    service.account("acc_acme", 1, ANA, BO)
    service.bought(account="acc_acme", contact_email=ANA, size=3)
    service.account("acc_acme", 2, ANA)
    assert balance(service, BO) == (None, 0)
    assert service.asked("tkt_1", verified=True, email=BO).response_class == "standard"


def test_an_address_that_moves_is_found_in_its_new_account_whichever_event_comes_first(service: Told) -> None:
    service.account("acc_a", 1, ANA, BO)
    service.account("acc_b", 1, JO, BO)  # it has moved; acc_a's own event is still on its way
    assert balance(service, BO)[0] == "acc_b"
    service.account("acc_a", 2, ANA)
    assert balance(service, BO)[0] == "acc_b"
    service.account("acc_a", 3, ANA, BO)  # it has moved back
    service.account("acc_b", 2, JO)
    assert balance(service, BO)[0] == "acc_a"


def test_what_an_absorbed_account_has_is_the_absorbing_one_s_each_grant_with_an_entry_in_the_trail(
    service: Told,
) -> None:
    service.bought("ord_1", account="acc_jo", size=2)
    service.bought("ord_2", account="acc_jo", size=1)
    service.asked("tkt_1", verified=True)
    service.account("acc_acme", 1, ANA, JO, absorbed=("acc_jo",))
    assert balance(service, JO) == balance(service, ANA) == ("acc_acme", 2)
    assert service.rows("SELECT account_id FROM tickets") == [("acc_acme",)]
    moves = service.rows(
        "SELECT number, actor, before, after FROM audit_entries WHERE aggregate = 'grant' AND action = 'absorbed'"
        " ORDER BY number"
    )
    change = "service:billing", {"account_id": "acc_jo"}, {"account_id": "acc_acme"}
    assert moves == [(2, *change), (3, *change)], "one grant had been held from in between"
    assert trail(service, "account") == [
        ("acc_acme", 1, "changed"),
        ("acc_jo", 1, "contact_added"),
        ("acc_jo", 2, "absorbed"),
    ]


def test_a_purchase_that_still_names_an_absorbed_account_lands_in_the_absorbing_one(service: Told) -> None:
    service.account("acc_acme", 1, JO, absorbed=("acc_jo",))
    service.bought(account="acc_jo", size=2)
    assert balance(service, JO) == ("acc_acme", 2)


def test_an_account_that_had_absorbed_others_takes_them_along(service: Told) -> None:
    service.bought(account="acc_jo", size=2)
    service.account("acc_acme", 1, ANA, JO, absorbed=("acc_jo",))
    service.account("acc_big", 1, ANA, JO, absorbed=("acc_acme",))
    assert balance(service, JO) == balance(service, ANA) == ("acc_big", 2)
    service.bought("ord_late", account="acc_jo")
    assert balance(service, JO) == ("acc_big", 3)
    service.account("acc_acme", 2, ANA, JO, absorbed=("acc_jo", "acc_late"))
    service.bought("ord_2", account="acc_late", contact_email=ANA)
    assert balance(service, JO) == balance(service, ANA) == ("acc_big", 4)


def test_accounts_that_would_absorb_each_other_lose_nothing(service: Told) -> None:
    service.bought(account="acc_a", contact_email=ANA, size=2)
    service.account("acc_a", 1, ANA, absorbed=("acc_b", "acc_a"))
    service.account("acc_b", 1, ANA, absorbed=("acc_a",))
    assert balance(service, ANA) == ("acc_a", 2)


@pytest.mark.parametrize("told_before", [False, True])
def test_a_purchase_that_is_being_stored_moves_along_when_its_account_is_absorbed(
    service: Told, monkeypatch: pytest.MonkeyPatch, *, told_before: bool
) -> None:
    if told_before:
        service.account("acc_jo", 1, JO, name=None)
    storing, go_on, lock = threading.Event(), threading.Event(), record.accounts.lock
    in_purchase = threading.local()

    def slowly(*values: object) -> object:
        found = lock(*values)  # type: ignore[arg-type]
        if getattr(in_purchase, "here", False):
            storing.set()
            go_on.wait(10)
        return found

    def buy() -> None:
        in_purchase.here = True
        service.bought(account="acc_jo", size=2)

    monkeypatch.setattr(record.accounts, "lock", slowly)
    with ThreadPoolExecutor(2) as pool:
        purchase = pool.submit(buy)
        assert storing.wait(10)
        absorbing = pool.submit(service.account, "acc_acme", 1, JO, absorbed=("acc_jo",))
        until(lambda: absorbing.done() or service.rows("SELECT 1 FROM pg_locks WHERE NOT granted"))
        go_on.set()
        purchase.result()
        absorbing.result()
    assert balance(service, JO) == ("acc_acme", 2)


# Any history of accounts, in any order of arrival.


@dataclass
class Billing:
    """What billing knows, and tells: the oracle. Each address belongs to one account."""

    run: int
    events: list[tuple[object, ...]] = field(default_factory=list)
    account_of: dict[str, str] = field(default_factory=dict)
    version: Counter[str] = field(default_factory=Counter)
    absorbed: dict[str, list[str]] = field(default_factory=dict)
    credits: Counter[str] = field(default_factory=Counter)

    def buy(self, person: int, size: int) -> None:
        """Somebody buys; with the first purchase an account of their own is opened, unless a company has them."""
        email = f"person{person}@{self.run}.test"
        if email not in self.account_of:
            self.account_of[email] = f"acc_{self.run}_p{person}"
            self._tell(self.account_of[email])
        account = self.account_of[email]
        self.credits[account] += size
        self.events.append(("bought", f"ord_{self.run}_{len(self.events)}", account, email, size))

    def add(self, company: int, person: int) -> None:
        """Somebody joins a company: with their own account if they have one, or out of another company."""
        email, account = f"person{person}@{self.run}.test", f"acc_{self.run}_c{company}"
        before = self.account_of.get(email)
        if account in self.gone or before == account:
            return
        self.account_of[email] = account
        if before is not None and "_p" in before:
            self._absorb(account, before)
        elif before is not None:
            self._tell(before)
        self._tell(account)

    def join(self, company: int, other: int) -> None:
        """A company becomes a part of another."""
        into, account = f"acc_{self.run}_c{company}", f"acc_{self.run}_c{other}"
        if into != account and {into, account} <= self.version.keys() - self.gone:
            self.account_of |= {email: into for email, belongs in self.account_of.items() if belongs == account}
            self._absorb(into, account)
            self._tell(into)

    @property
    def gone(self) -> set[str]:
        """The accounts that became a part of another."""
        return {part for parts in self.absorbed.values() for part in parts}

    def _absorb(self, into: str, account: str) -> None:
        self.credits[into] += self.credits.pop(account, 0)
        self.absorbed.setdefault(into, []).append(account)

    def _tell(self, account: str) -> None:
        self.version[account] += 1
        emails = tuple(email for email, belongs in self.account_of.items() if belongs == account)
        told = tuple(self.absorbed.get(account, ()))
        self.events.append(("account", account, self.version[account], emails, told))


def happen(billing: Billing, step: tuple[str, int, int]) -> None:
    kind, one, other = step
    match kind:
        case "buy":
            billing.buy(one, other + 1)
        case "add":
            billing.add(one, other)
        case "join":
            billing.join(one, other)


def deliver(service: Told, event: tuple[object, ...]) -> None:
    match event:
        case ("bought", str(order), str(account), str(email), int(size)):
            service.bought(order, account=account, contact_email=email, size=size)
        case ("account", str(account), int(version), tuple(emails), tuple(absorbed)):
            service.account(account, version, *emails, absorbed=absorbed)


STEPS = st.lists(
    st.tuples(st.sampled_from(["buy", "buy", "add", "join"]), st.integers(0, 2), st.integers(0, 2)),
    min_size=1,
    max_size=8,
)


@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS, data=st.data())
def test_each_contact_s_balance_is_the_oracle_s_whatever_the_order_of_arrival(
    service: Told, steps: list[tuple[str, int, int]], data: st.DataObject
) -> None:
    billing = Billing(run=next(RUNS))
    for step in steps:
        happen(billing, step)
    repeated = data.draw(st.lists(st.sampled_from(billing.events), max_size=3)) if billing.events else []
    for event in data.draw(st.permutations([*billing.events, *repeated])):
        deliver(service, event)
    for email, account in billing.account_of.items():
        assert balance(service, email) == (account, billing.credits[account]), email

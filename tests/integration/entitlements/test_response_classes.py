"""A shop that also sells "within 30 minutes" adds a class to its policy, and no code."""

from collections.abc import Iterator
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.entitlements.policies.errors import PolicyError
from services.entitlements.policies.read import SHIPPED
from services.entitlements.purchases.errors import UnknownResponseClass
from shared.contracts import ClassTargetsV1
from shared.errors import HTTP_STATUS
from tests.support.entitlements import JO, MONDAY, Told, entitlements
from tests.support.settings import API_KEY

WITHIN_30_MINUTES = """
[classes.within-30-minutes]
rank = 30
taken_by = "senior"
target_minutes = 30
calendar = "around-the-clock"
names.en = "Within 30 minutes"
names.de = "Innerhalb von 30 Minuten"
sentences.en = "The first senior agent who is free takes it."
sentences.de = "Die erste freie erfahrene Fachkraft nimmt Ihre Anfrage an."
"""
RANKS = (15, 20, 25, 30, 35)


@pytest.fixture
def shop(databases: Any, tmp_path: Path) -> Iterator[Told]:
    """With a third class, and one for each rank, for those who buy again and again."""
    policy = tmp_path / "policy.toml"
    others = "".join(
        WITHIN_30_MINUTES.replace("within-30-minutes", f"rank-{rank}").replace("= 30", f"= {rank}")
        for rank in RANKS
        if rank not in {20, 30}
    )
    policy.write_text(SHIPPED.read_text(encoding="utf-8") + WITHIN_30_MINUTES + others, encoding="utf-8")
    with entitlements(databases, POLICY_FILE=str(policy)) as told:
        yield told


def test_a_third_class_goes_from_the_file_to_the_decision(shop: Told) -> None:
    shop.bought(ticket="tkt_1", response_class="within-30-minutes")
    decision = shop.asked()
    assert (decision.response_class, decision.rank, decision.taken_by) == ("within-30-minutes", 30, "senior")
    assert decision.names["de"] == "Innerhalb von 30 Minuten"
    assert decision.respond_by == MONDAY + timedelta(minutes=40)
    assert decision.target_minutes == 30
    assert shop.counters() == [(0, 1, 0)]


def test_the_better_class_that_is_bought_later_pays_and_the_credit_before_is_free_again(shop: Told) -> None:
    shop.bought("ord_1", ticket="tkt_1")
    assert shop.asked().response_class == "premium"
    shop.bought("ord_2", ticket="tkt_1", response_class="within-30-minutes")
    assert shop.asked().response_class == "within-30-minutes"
    assert shop.counters() == [(1, 0, 0), (0, 1, 0)]
    *before, one, other = shop.kinds()
    assert before == ["grant", "hold", "grant"]
    assert {one, other} == {"hold", "release"}, "written at one moment: neither comes first"
    shop.responded()
    assert shop.counters() == [(1, 0, 0), (0, 0, 1)]


def test_a_lower_class_that_is_bought_later_changes_nothing(shop: Told) -> None:
    shop.bought("ord_1", ticket="tkt_1", response_class="within-30-minutes")
    before = shop.asked()
    shop.bought("ord_2", ticket="tkt_1")
    assert shop.asked() == before
    assert shop.counters() == [(0, 1, 0), (1, 0, 0)]


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    ranks=st.lists(st.sampled_from(RANKS), max_size=5), minutes=st.lists(st.integers(0, 600), min_size=5, max_size=5)
)
def test_whatever_is_bought_later_a_promise_only_rises(shop: Told, ranks: list[int], minutes: list[int]) -> None:
    number = len(shop.rows("SELECT 1 FROM tickets"))
    ticket = f"tkt_{number}"
    shown = [shop.asked(ticket)]
    for position, (rank, later) in enumerate(zip(ranks, minutes, strict=False)):
        shop.bought(
            f"ord_{number}_{position}",
            ticket=ticket,
            response_class=next(one.id for one in shop.context.policy.classes if one.rank == rank),
            paid_at=(MONDAY + timedelta(minutes=later)).isoformat(),
        )
        shown.append(shop.asked(ticket))
    for before, after in pairwise(shown):
        assert after.rank >= before.rank
        assert after.respond_by <= before.respond_by
        assert after == before or after.sequence == before.sequence + 1
    assert shown[-1].rank == max([10, *ranks])
    held = shop.rows("SELECT sum(held) FROM grants WHERE ticket_id = :ticket", ticket=ticket)
    assert held == [(1 if ranks else None,)]


def test_a_purchase_of_an_unknown_class_is_refused_and_waits_at_its_sender(service: Told) -> None:
    service.asked()
    with pytest.raises(UnknownResponseClass) as refused:
        service.bought(ticket="tkt_1", response_class="within-30-minutes", event_id="evt_gold")
    assert "sell what it has (premium, standard)" in refused.value.message
    assert 400 <= HTTP_STATUS[refused.value.kind] < 500, "the sender parks it, and does not try for ever"
    assert service.rows("SELECT 1 FROM grants UNION SELECT 1 FROM inbox UNION SELECT 1 FROM accounts") == []


def test_and_counts_once_the_policy_has_it(service: Told, shop: Told) -> None:
    with pytest.raises(UnknownResponseClass):
        service.bought(ticket="tkt_1", response_class="within-30-minutes", event_id="evt_1")
    assert shop.bought(ticket="tkt_1", response_class="within-30-minutes", event_id="evt_1")
    assert shop.asked().response_class == "within-30-minutes"


def test_a_class_that_a_later_policy_has_not_gives_the_nearest_below_and_is_an_error_in_the_log(
    shop: Told, service: Told, capsys: pytest.CaptureFixture[str]
) -> None:
    shop.bought(ticket="tkt_1", response_class="within-30-minutes")
    decision = service.asked()
    assert decision.response_class == "premium"
    assert [reason.code for reason in decision.reasons][:2] == ["paid_for_this_ticket", "class_is_gone"]
    assert decision.reasons[1].parameters == {"bought": "within-30-minutes"}
    said = capsys.readouterr().out
    assert "the policy has no class that was bought" in said
    assert "within-30-minutes" in said


def test_peers_and_integrators_read_the_classes_the_best_first(shop: Told) -> None:
    with shop.http() as client:
        assert client.get("/v1/response-classes").status_code == 401
        answer = client.get("/v1/response-classes", headers={"Authorization": f"Bearer {API_KEY}"})
    told = ClassTargetsV1().load(answer.get_json())
    assert told["policy_version"] == shop.context.policy.version
    ranks = [one["response_class"]["rank"] for one in told["items"]]
    assert ranks == [35, 30, 25, 20, 15, 10]
    assert told["items"][1]["target_minutes"] == 30
    assert told["items"][1]["response_class"]["names"]["en"] == "Within 30 minutes"


def test_decision_and_balance_are_told_over_http_in_the_contract_s_shape(shop: Told) -> None:
    shop.bought(size=2)
    shop.asked(verified=True)
    headers = {"Authorization": f"Bearer {API_KEY}"}
    with shop.http() as client:
        decision = client.get("/v1/decisions/tkt_1", headers=headers).get_json()
        balance = client.get("/v1/balance", query_string={"email": JO}, headers=headers).get_json()
        [grant] = client.get("/v1/traces/ord_1", headers=headers).get_json()["grants"]
    assert decision["response_class"]["id"] == "premium"
    assert decision["source"]["kind"] == "credit"
    assert decision["reasons"][0] == {"code": "credit_of_account", "parameters": {}}
    assert decision["reasons"][1]["parameters"]["target"] == {"seconds": 7200.0}
    assert balance == {"account_id": "acc_jo", "available": 1, "held": 1}
    assert [entry["kind"] for entry in grant["entries"]] == ["grant", "hold"]


def test_without_its_file_the_service_does_not_start(databases: Any) -> None:
    with pytest.raises(PolicyError, match="cannot be read"), entitlements(databases, POLICY_FILE="/nowhere.toml"):
        pass

"""What a shop promises stands in a file: read whole, or refused with the entry and the cure."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from services.entitlements.policies.errors import PolicyError
from services.entitlements.policies.policy import TakenBy
from services.entitlements.policies.read import SHIPPED, read_policy
from services.entitlements.response_classes.view import class_targets
from shared.contracts import ClassTargetsV1
from shared.reader import LANGUAGES

FRIDAY = datetime(2026, 11, 27, 14, 0, tzinfo=UTC)
WHOLE = SHIPPED.read_text(encoding="utf-8")


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "policy.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_shipped_are_premium_and_standard_the_better_one_first() -> None:
    policy = read_policy()
    premium, standard = policy.classes
    assert (premium.id, premium.rank, premium.taken_by, premium.target_minutes) == ("premium", 20, TakenBy.SENIOR, 120)
    assert premium.sentences["en"] == "A senior agent takes it next."
    assert (standard.id, standard.rank, standard.taken_by) == ("standard", 10, TakenBy.EVERYBODY)
    assert policy.for_everybody == standard
    assert premium.respond_by(FRIDAY) == FRIDAY + timedelta(hours=2)
    assert standard.respond_by(FRIDAY) == FRIDAY + timedelta(days=3)


def test_shipped_words_stand_in_each_language_that_the_product_speaks() -> None:
    for one in read_policy().classes:
        for words in (one.names, one.sentences, one.calendar.names):
            assert words.keys() == LANGUAGES.keys()


def test_the_others_are_told_of_each_class_in_the_contract_s_shape() -> None:
    told = ClassTargetsV1().dump(class_targets(read_policy()))
    assert ClassTargetsV1().validate(told) == {}
    assert [one["response_class"]["id"] for one in told["items"]] == ["premium", "standard"]
    assert told["items"][0]["calendar"]["names"]["en"] == "around the clock"


def test_a_class_that_is_gone_gives_way_to_the_nearest_that_is_not_above_it() -> None:
    policy = read_policy()
    assert policy.in_place_of("gold", 99).id == "premium"
    assert policy.in_place_of("silver", 20).id == "premium"
    assert policy.in_place_of("bronze", 15).id == "standard"
    assert policy.in_place_of("paper", 1).id == "standard"
    assert policy.in_place_of("standard", 99).id == "standard", (
        "a class that is there keeps its name, whatever its rank"
    )


@pytest.mark.parametrize(
    ("before", "after", "says"),
    [
        ('version = "2026-11"', "", r"version is missing\. Add it"),
        ('version = "2026-11"', "version = 3", r"version is 3\. Write a text"),
        ('zone = "UTC"', 'zone = "Mars/Base"', r"calendars\.around-the-clock\.zone is 'Mars/Base', which is no time"),
        ('zone = "UTC"', 'zone = "../etc"', r"calendars\.around-the-clock\.zone is '\.\./etc', which is no time"),
        ('kind = "weekdays"', 'kind = "sundays"', r"calendars\.weekdays\.kind is 'sundays'\. Write one of: around the"),
        ("rank = 20", "rank = 10", r"classes gives premium and standard the same rank"),
        ("rank = 20", 'rank = "high"', r"classes\.premium\.rank is 'high'\. Write a whole number from 0 on"),
        ("rank = 20", "rank = true", r"classes\.premium\.rank is True"),
        ("rank = 20", "", r"classes\.premium\.rank is missing"),
        ("target_minutes = 120", "target_minutes = 0", r"classes\.premium\.target_minutes is 0\. Write .* from 1 on"),
        ('taken_by = "senior"', 'taken_by = "boss"', r"taken_by is 'boss'\. Write one of: senior, everybody"),
        ('calendar = "weekdays"', 'calendar = "moon"', r"classes\.standard\.calendar is 'moon'\. Write one of: around"),
        ('names.en = "Premium"', "", r"classes\.premium\.names\.en is missing"),
        ('names.en = "Premium"', 'names.en = " "', r"classes\.premium\.names\.en is ' '\. Write a text"),
        (
            "[classes.premium]",
            "[classes.premium]\ntarget = 5",
            r"classes\.premium\.target is not known here\. Take it out",
        ),
        ("[classes.premium]", f"[classes.{'x' * 65}]", r"more than 64 characters"),
        ("[classes.premium]", "[classes.standard]", r"not TOML .* (line|twice)"),
        (
            'version = "2026-11"',
            'version = "2026-11"\nowner = "Jo"',
            r"owner is not known here\. Take it out, or write one of",
        ),
    ],
)
def test_a_file_that_is_wrong_is_refused_with_the_entry_and_the_cure(
    tmp_path: Path, before: str, after: str, says: str
) -> None:
    assert before in WHOLE
    path = written(tmp_path, WHOLE.replace(before, after, 1))
    with pytest.raises(PolicyError) as refused:
        read_policy(path)
    assert re.search(says, str(refused.value)), str(refused.value)
    assert str(path) in str(refused.value)
    assert "POLICY_FILE" in str(refused.value)


def test_a_file_that_is_not_there_or_holds_no_classes_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PolicyError, match="cannot be read"):
        read_policy(tmp_path / "nowhere.toml")
    head = WHOLE.partition("[classes.premium]")[0]
    with pytest.raises(PolicyError, match=r"classes is missing"):
        read_policy(written(tmp_path, head))
    with pytest.raises(PolicyError, match=r"classes is empty\. Add at least one"):
        read_policy(written(tmp_path, head + "[classes]"))
    with pytest.raises(PolicyError, match=r"classes is 3\. Write a table"):
        read_policy(written(tmp_path, "classes = 3\n" + head))


def test_without_words_of_a_language_the_english_ones_are_enough(tmp_path: Path) -> None:
    path = written(tmp_path, re.sub(r"^.*\.de = .*$", "", WHOLE, flags=re.MULTILINE))
    assert read_policy(path).classes[0].names == {"en": "Premium"}

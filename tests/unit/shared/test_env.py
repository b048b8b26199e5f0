"""Settings are complete, or the service does not start and the sentence names the variable."""

from collections.abc import Callable
from typing import Any

import pytest

from shared.env import Env, Setting, SettingsError, set_by_parent, set_for_children

Read = Callable[[Env], Any]

ABOUT = "What the test reads."

MISSING: list[Read] = [
    lambda env: env.text("THE_NAME", ABOUT),
    lambda env: env.url("THE_NAME", ABOUT),
    lambda env: env.items("THE_NAME", ABOUT),
    lambda env: env.mapping("THE_NAME", ABOUT),
    lambda env: env.secret("THE_NAME", ABOUT),
]


@pytest.mark.parametrize("read", MISSING)
@pytest.mark.parametrize("given", [{}, {"THE_NAME": ""}, {"THE_NAME": "  \t"}])
def test_a_missing_or_empty_setting_stops_the_start(read: Read, given: dict[str, str]) -> None:
    with pytest.raises(SettingsError, match=r"THE_NAME is not set\. Set THE_NAME in the environment"):
        read(Env(given))


@pytest.mark.parametrize(
    ("read", "value", "why"),
    [
        (lambda env: env.integer("THE_NAME", ABOUT, default=1), "eight", "whole number"),
        (lambda env: env.integer("THE_NAME", ABOUT, default=1), "1.5", "whole number"),
        (lambda env: env.url("THE_NAME", ABOUT), "localhost:8001", "http://host:port"),
        (lambda env: env.url("THE_NAME", ABOUT), "/relative", "http://host:port"),
        (lambda env: env.url("THE_NAME", ABOUT), "http://", "http://host:port"),
        (lambda env: env.url("THE_NAME", ABOUT), "http://[broken", "http://host:port"),
        (lambda env: env.url("THE_NAME", ABOUT), "http://host:port", "http://host:port"),
        (lambda env: env.optional_url("THE_NAME", ABOUT), "nowhere", "http://host:port"),
        (lambda env: env.items("THE_NAME", ABOUT), " , ,", "is empty"),
        (lambda env: env.mapping("THE_NAME", ABOUT), "{not json", "JSON object"),
        (lambda env: env.mapping("THE_NAME", ABOUT), "[1]", "JSON object"),
        (lambda env: env.secret("THE_NAME", ABOUT), "short", "at least 16 characters"),
    ],
)
def test_a_setting_that_is_wrong_stops_the_start_with_its_name_and_the_cure(read: Read, value: str, why: str) -> None:
    with pytest.raises(SettingsError) as refusal:
        read(Env({"THE_NAME": value}))
    assert str(refusal.value).startswith("THE_NAME ")
    assert why in str(refusal.value)


def test_a_refused_secret_is_not_repeated_in_the_sentence() -> None:
    with pytest.raises(SettingsError) as refusal:
        Env({"THE_NAME": "hunter2"}).secret("THE_NAME", ABOUT)
    assert "hunter2" not in str(refusal.value)


def test_good_settings_read_as_what_they_are() -> None:
    env = Env({"TEXT": " a b ", "NUMBER": "8", "URL": "http://host:80/", "ITEMS": "old, new,", "MAP": '{"a": 1}'})
    assert env.text("TEXT", ABOUT) == "a b"
    assert env.integer("NUMBER", ABOUT, default=1) == 8
    assert env.url("URL", ABOUT) == "http://host:80"
    assert env.items("ITEMS", ABOUT) == ("old", "new")
    assert env.mapping("MAP", ABOUT) == {"a": 1}


def test_what_has_a_default_may_be_left_out() -> None:
    env = Env({})
    assert env.text("TEXT", ABOUT, default="json") == "json"
    assert env.integer("NUMBER", ABOUT, default=8) == 8
    assert env.url("URL", ABOUT, default="http://host") == "http://host"
    assert env.mapping("MAP", ABOUT, default="{}") == {}
    assert env.optional("TEXT", ABOUT) is None
    assert env.optional_url("URL", ABOUT) is None
    assert env.items("ITEMS", ABOUT, default="*") == ("*",)


def test_settings_come_from_the_environment_of_the_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("THE_NAME", "from outside")
    assert Env().text("THE_NAME", ABOUT) == "from outside"


def test_what_was_read_is_known_with_its_kind_its_default_and_the_sentence_about_it() -> None:
    env = Env({"KEY": "0123456789abcdef", "NUMBER": "8", "URL": "http://jo:pass@host"})
    env.secret("KEY", "Signs things.")
    env.integer("NUMBER", "How many.", default=1)
    env.url("URL", "Where.", secret=True)
    env.optional("MORE", "If at all.")
    assert list(env.settings.values()) == [
        Setting(name="KEY", kind="text", about="Signs things.", secret=True),
        Setting(name="NUMBER", kind="whole number", about="How many.", default="1", required=False),
        Setting(name="URL", kind="address", about="Where.", secret=True),
        Setting(name="MORE", kind="text", about="If at all.", required=False),
    ]


def test_what_a_parent_sets_for_its_children_is_no_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("THE_NAME", raising=False)
    assert set_by_parent("THE_NAME") is None
    monkeypatch.setenv("THE_NAME", "")
    set_for_children("THE_NAME", "/some/folder")
    assert set_by_parent("THE_NAME") == "/some/folder"

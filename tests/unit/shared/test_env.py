"""Settings are complete, or the service does not start and the sentence names the variable."""

from collections.abc import Callable
from typing import Any

import pytest

from shared.env import Env, SettingsError

Read = Callable[[Env], Any]

MISSING: list[Read] = [
    lambda env: env.text("THE_NAME"),
    lambda env: env.url("THE_NAME"),
    lambda env: env.items("THE_NAME"),
    lambda env: env.mapping("THE_NAME"),
    lambda env: env.secret("THE_NAME"),
]


@pytest.mark.parametrize("read", MISSING)
@pytest.mark.parametrize("given", [{}, {"THE_NAME": ""}, {"THE_NAME": "  \t"}])
def test_a_missing_or_empty_setting_stops_the_start(read: Read, given: dict[str, str]) -> None:
    with pytest.raises(SettingsError, match=r"THE_NAME is not set\. Set THE_NAME in the environment"):
        read(Env(given))


@pytest.mark.parametrize(
    ("read", "value", "why"),
    [
        (lambda env: env.integer("THE_NAME", 1), "eight", "whole number"),
        (lambda env: env.integer("THE_NAME", 1), "1.5", "whole number"),
        (lambda env: env.url("THE_NAME"), "localhost:8001", "http://host:port"),
        (lambda env: env.url("THE_NAME"), "/relative", "http://host:port"),
        (lambda env: env.url("THE_NAME"), "http://", "http://host:port"),
        (lambda env: env.url("THE_NAME"), "http://[broken", "http://host:port"),
        (lambda env: env.url("THE_NAME"), "http://host:port", "http://host:port"),
        (lambda env: env.items("THE_NAME"), " , ,", "is empty"),
        (lambda env: env.mapping("THE_NAME"), "{not json", "JSON object"),
        (lambda env: env.mapping("THE_NAME"), "[1]", "JSON object"),
        (lambda env: env.secret("THE_NAME"), "short", "at least 16 characters"),
    ],
)
def test_a_setting_that_is_wrong_stops_the_start_with_its_name_and_the_cure(read: Read, value: str, why: str) -> None:
    with pytest.raises(SettingsError) as refusal:
        read(Env({"THE_NAME": value}))
    assert str(refusal.value).startswith("THE_NAME ")
    assert why in str(refusal.value)


def test_a_refused_secret_is_not_repeated_in_the_sentence() -> None:
    with pytest.raises(SettingsError) as refusal:
        Env({"THE_NAME": "hunter2"}).secret("THE_NAME")
    assert "hunter2" not in str(refusal.value)


def test_good_settings_read_as_what_they_are() -> None:
    env = Env({"TEXT": " a b ", "NUMBER": "8", "URL": "http://host:80/", "ITEMS": "old, new,", "MAP": '{"a": 1}'})
    assert env.text("TEXT") == "a b"
    assert env.integer("NUMBER", 1) == 8
    assert env.url("URL") == "http://host:80"
    assert env.items("ITEMS") == ("old", "new")
    assert env.mapping("MAP") == {"a": 1}


def test_what_has_a_default_may_be_left_out() -> None:
    env = Env({})
    assert env.text("TEXT", "json") == "json"
    assert env.integer("NUMBER", 8) == 8
    assert env.url("URL", "http://host") == "http://host"
    assert env.mapping("MAP", "{}") == {}
    assert env.optional("TEXT") is None


def test_settings_come_from_the_environment_of_the_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("THE_NAME", "from outside")
    assert Env().text("THE_NAME") == "from outside"

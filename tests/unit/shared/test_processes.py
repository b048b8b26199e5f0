"""How a process of a service is named on the command line."""

import pytest

from shared import processes


def test_a_process_runs_with_the_words_after_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[tuple[str, ...]] = []
    monkeypatch.setattr("sys.argv", ["services.odd", "worker", "mail", "relay"])
    processes.run("odd", {"web": lambda: said.append(("web",)), "worker": lambda *pools: said.append(pools)})
    assert said == [("mail", "relay")]


@pytest.mark.parametrize("words", [[], ["scheduler"], ["web", "mail"]])
def test_what_no_process_understands_is_answered_with_those_that_there_are(
    monkeypatch: pytest.MonkeyPatch, words: list[str]
) -> None:
    def run_web() -> None:
        raise AssertionError

    def run_worker(*pools: str) -> None:
        raise AssertionError(pools)

    monkeypatch.setattr("sys.argv", ["services.odd", *words])
    with pytest.raises(SystemExit) as refused:
        processes.run("odd", {"web": run_web, "worker": run_worker})
    assert str(refused.value) == "Usage: python -m services.odd {web|worker [pools ...]}"

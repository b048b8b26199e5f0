"""Where Postgres keeps its data when its starter is root: several starts at once leave each other alone."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from sandbox import postgres_home


def test_starts_at_the_same_time_take_nobody_s_data_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgres_home, "FALLBACK_HOME", tmp_path / "home")
    links = [tmp_path / f"state_{number}" for number in range(200)]

    def start(link: Path) -> None:
        postgres_home._make_elsewhere(link)
        (link / "PG_VERSION").touch()

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(start, links))
    assert all((link / "PG_VERSION").exists() for link in links)


def test_the_data_of_who_is_gone_is_removed_by_the_next_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgres_home, "FALLBACK_HOME", tmp_path / "home")
    gone, stays, next_one = (tmp_path / name for name in ("gone", "stays", "next"))
    for link in (gone, stays):
        postgres_home._make_elsewhere(link)
    left, kept = gone.resolve(), stays.resolve()
    gone.unlink()
    postgres_home._make_elsewhere(next_one)
    assert not left.exists()
    assert kept.exists()

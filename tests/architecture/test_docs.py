"""What the pages point to is there: links between them, and the places that the glossary names."""

import re
from pathlib import Path

import pytest

from tests.support.declared import ROOT

PAGES = sorted(
    path.relative_to(ROOT)
    for pattern in ("*.md", "docs/**/*.md", "services/*/README.md", "shared/*.md", "sandbox/*.md", "deploy/*.md")
    for path in ROOT.glob(pattern)
)
LINK = re.compile(r"\]\((?!https?:|#)([^)#\s]+)")


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_a_link_to_another_page_leads_somewhere(page: Path) -> None:
    links = LINK.findall((ROOT / page).read_text(encoding="utf-8"))
    assert not [link for link in links if not (ROOT / page.parent / link).exists()]


def test_the_glossary_names_places_that_are_there() -> None:
    text = (ROOT / "docs/glossary.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (.+) \| .+ \| (.+) \|$", text, re.MULTILINE)
    gone = {
        term: place
        for term, where in rows[1:]
        if "to come" not in where
        for place in re.findall(r"`([\w/.]+)`", where)
        if not place.startswith("/") and not any((ROOT / base / place).exists() for base in ("", "services"))
    }
    assert not gone, "the word has moved: say where it stands now"

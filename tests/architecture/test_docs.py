"""What the pages point to is there."""

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

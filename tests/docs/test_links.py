"""What documents point to is there."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("fixtures/*.md")])
LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)\s]*)?\)")
FILE = re.compile(r"`((?:backend|benchmarks|docs|fixtures|matching|scripts|tasks|tests)/[\w./-]*\w)`")


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_its_links_lead_somewhere(document: Path) -> None:
    targets = [target for target in LINK.findall(document.read_text()) if "://" not in target]
    assert [target for target in targets if not (document.parent / target).exists()] == []


@pytest.mark.parametrize("document", sorted(ROOT.glob("docs/howto/*.md")), ids=lambda path: path.stem)
def test_a_how_to_names_files_that_are_there(document: Path) -> None:
    named = FILE.findall(document.read_text())
    assert [name for name in named if not re.search("[A-Z]{3}", name) and not (ROOT / name).exists()] == []

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from backend.facts.yes_no import YES_NO
from matching.definitions import KINDS
from matching.profiles import YES_NO as MEANINGS
from tests.matching import reference

ROOT = Path(__file__).parents[2]
HOW_TO = ROOT / "docs" / "howto" / "add-a-fact.md"


def test_the_two_halves_and_the_oracle_name_the_same_facts() -> None:
    assert list(YES_NO) == list(MEANINGS) == list(reference.STATES)
    assert KINDS.keys() >= YES_NO.keys()


@pytest.mark.slow
@pytest.mark.alone("no firm: a copy of the code")
def test_a_fact_added_by_the_how_to_is_everywhere(tmp_path: Path) -> None:
    """Without its second row it is missed, and named: the check can fail. It holds where the page was followed too."""
    field, row = map(indented, re.findall(r"```python\n(.*?\n) *```", HOW_TO.read_text(), flags=re.DOTALL))
    for name in ("matching", "backend"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("static", "__pycache__", "tests"))
    for name in ("fixtures", "docs"):
        (tmp_path / name).symlink_to(ROOT / name)
    fields, rows = tmp_path / "matching" / "profiles.py", tmp_path / "backend" / "facts" / "yes_no.py"
    take_out(fields, field)
    take_out(rows, row)
    add(fields, field, after="    taxes_up_to_date: bool | None = ")
    assert "KeyError" in found_missing(tmp_path)
    add(rows, row, before="}\n")
    assert found_missing(tmp_path) == ""


def indented(block: str) -> str:
    """Return the code of a list of the page as it stands in a class or in a table."""
    return "".join(line.replace("   ", "    ", 1) for line in block.splitlines(keepends=True))


def take_out(path: Path, block: str) -> None:
    path.write_text(path.read_text().replace(block, ""))


def add(path: Path, block: str, *, after: str = "", before: str = "") -> None:
    lines = path.read_text().splitlines(keepends=True)
    places = [n for n, line in enumerate(lines) if (after and line.startswith(after)) or line == before]
    place = places[-1] + bool(after)
    path.write_text("".join([*lines[:place], block, *lines[place:]]))


def found_missing(folder: Path) -> str:
    """Return the places where the fact is not found, and what was raised."""
    shutil.copy(Path(__file__).with_name("added.py"), folder)
    ask = "import django; django.setup(); import added; print(*added.missing(), sep=', ', end='')"
    done = subprocess.run(
        [sys.executable, "-c", ask],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder), "DJANGO_SETTINGS_MODULE": "backend.config.test"},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout + done.stderr

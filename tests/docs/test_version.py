import re
import tomllib
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[2]


def test_one_version_is_said_everywhere() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    published = yaml.safe_load((ROOT / "publiccode.yml").read_text())
    released = re.findall(r"^## (\d+\.\d+\.\d+) – ", (ROOT / "CHANGELOG.md").read_text(), flags=re.MULTILINE)
    assert project["version"] == published["softwareVersion"] == released[0]

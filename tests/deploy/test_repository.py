"""What somebody who comes to the code finds first: names that agree, and short commands that decide nothing."""

import re
import tomllib
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def test_the_licence_and_the_version_are_said_the_same_everywhere():
    project, public = tomllib.loads(read("pyproject.toml"))["project"], yaml.safe_load(read("publiccode.yml"))
    assert public["legal"]["license"] == project["license"] == "AGPL-3.0-or-later"
    assert public["softwareVersion"] == project["version"]
    assert "GNU AFFERO GENERAL PUBLIC LICENSE" in read("LICENSE")
    assert "AGPL-3.0-or-later" in read("README.md")
    assert "Licence Ouverte 2.0" in read("fixtures/README.md")


def test_a_commit_is_checked_by_the_tools_of_the_whole_run():
    """All that ``./test`` does on the text of the code alone; what needs a database or a secret waits for it."""
    whole = {name for name, python in re.findall(r"^    check (\S+) (\$python )?", read("test"), re.M) if python}
    whole |= {"shellcheck"}
    (hooks,) = (repo["hooks"] for repo in yaml.safe_load(read(".pre-commit-config.yaml"))["repos"])
    assert {hook["id"] for hook in hooks} == whole - {"makemigrations"}
    assert all(hook["language"] == "system" for hook in hooks)  # nothing is fetched beside the lock


def test_a_short_name_calls_one_command_of_ours():
    recipes = re.findall(r"^\t(.+)$", read("Makefile"), re.M)
    assert recipes
    for recipe in recipes:
        command = recipe.split()[0]
        assert command in {"./run", "./test", ".venv/bin/pre-commit"} or command.startswith("scripts/"), recipe
        assert command.startswith(".venv/") or (ROOT / command).is_file()

"""What was learnt is kept in a file, unless the setting is empty."""

import os
import subprocess
import sys
from tempfile import gettempdir

import pytest

from backend.matchmaking import engine
from backend.matchmaking.language_cache import kept_arrays
from tests.conftest import ROOT

SENTENCES = [
    engine.Example("recruter un soudeur", {"recruter": 1.0}),
    engine.Example("isoler le toit", {"isoler": 1.0}),
    engine.Example("divorcer", {"nothing.private": 1.0}),
]


def test_what_was_learnt_is_read_again_from_its_file(settings, tmp_path):
    settings.LANGUAGE_DIR = str(tmp_path / "kept")
    learnt = kept_arrays("one", SENTENCES)
    assert [path.name for path in (tmp_path / "kept").iterdir()] == ["one.npz"]
    assert kept_arrays("one", []) == learnt


def test_nothing_is_kept_where_the_setting_is_empty(settings, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    settings.LANGUAGE_DIR = ""
    assert kept_arrays("one", SENTENCES)
    assert not [*tmp_path.iterdir()]


@pytest.mark.parametrize(
    ("said", "folder"),
    [({}, f"{gettempdir()}/jonction-language-{os.geteuid()}"), ({"JONCTION_LANGUAGE_DIR": ""}, "")],
    ids=["unset", "empty"],
)
def test_an_empty_setting_is_not_an_unset_one(said, folder):
    environment = {name: value for name, value in os.environ.items() if name != "JONCTION_LANGUAGE_DIR"} | said
    code = "from django.conf import settings; print(settings.LANGUAGE_DIR)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.stdout == f"{folder}\n", done.stderr

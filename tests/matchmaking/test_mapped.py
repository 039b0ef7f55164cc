"""What was learnt of the texts of a catalogue, in a file that several processes map."""

import os
import subprocess
import sys
import tempfile

import pytest

import matching
from backend.matchmaking.engine.mapped import N_KEPT, mapped_postings

TEXTS = {
    "a:1": "un prêt pour acheter un four",
    "a:2": "des panneaux solaires sur le toit",
    "a:3": "recruter un soudeur",
}
RARITY = matching.Rarity.learn(TEXTS.values(), frozenset({"un"}))
ASKED = "je veux un four et un toit"


def examples(texts):
    return [matching.Example(text, {key: 1.0}) for key, text in texts.items()]


EXPECTED = matching.Postings.learn(examples(TEXTS), RARITY).closeness(ASKED)


@pytest.fixture
def folder(settings, tmp_path):
    settings.POSTINGS_DIR = str(tmp_path / "of postings")
    return tmp_path / "of postings"


def ask(texts=TEXTS, language="one"):
    return mapped_postings(examples(texts), language, RARITY).closeness(ASKED)


def files_in(folder):
    return sorted(folder.glob("*.postings"))


def test_without_a_folder_it_is_learnt():
    assert EXPECTED["a:1"] > 0
    assert ask() == EXPECTED


def test_the_second_time_it_is_read_from_the_file(folder):
    assert ask() == EXPECTED
    (path,) = files_in(folder)
    assert path.stat().st_mode & 0o777 == 0o600
    assert folder.stat().st_mode & 0o777 == 0o700
    ask({"a:9": "un four"})
    (other,) = set(files_in(folder)) - {path}
    path.write_bytes(other.read_bytes())
    assert list(ask()) == ["a:9"]  # whatever the file says


def test_without_a_name_the_folder_is_a_temporary_one(settings, monkeypatch, tmp_path):
    settings.POSTINGS_DIR = None
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    assert ask() == EXPECTED
    (folder,) = tmp_path.iterdir()
    assert folder.name == f"jonction-postings-{os.geteuid()}"
    assert len(files_in(folder)) == 1


def test_schemes_keep_the_order_in_which_they_come():
    backwards = dict(reversed(TEXTS.items()))
    assert list(ask(backwards)) == [*backwards]
    assert ask(backwards) == pytest.approx(EXPECTED)


def test_another_text_another_share_another_language_is_another_file(folder):
    ask()
    ask(language="two")
    ask({**TEXTS, "a:1": "un prêt pour acheter un tour"})
    assert len(files_in(folder)) == 3


@pytest.mark.parametrize("content", [b"", b"POSTINGS", "cut", "changed"])
def test_a_broken_file_is_learnt_again(folder, content):
    ask()
    (path,) = files_in(folder)
    whole = path.read_bytes()
    broken = {"cut": whole[:-100], "changed": whole[:-1000] + bytes(1000 - 64) + whole[-64:]}.get(content, content)
    path.write_bytes(broken)
    assert ask() == EXPECTED
    assert path.read_bytes() == whole


def test_a_folder_that_is_none_is_no_error(folder):
    folder.touch()
    assert ask() == EXPECTED
    assert folder.read_bytes() == b""


@pytest.mark.skipif(os.getuid() != 0, reason="who is not root cannot give a folder away")
def test_a_folder_of_somebody_else_is_not_used(folder):
    folder.mkdir()
    os.chown(folder, 10_001, 10_001)
    assert ask() == EXPECTED
    assert list(folder.iterdir()) == []


def test_a_folder_in_which_others_write_is_not_used(folder):
    folder.mkdir()
    folder.chmod(0o770)
    assert ask() == EXPECTED
    assert list(folder.iterdir()) == []


def test_a_file_that_cannot_be_written_is_no_error(folder):
    ask()
    (path,) = files_in(folder)
    path.unlink()
    path.mkdir()  # a folder cannot be replaced
    assert ask() == EXPECTED
    assert not list(folder.glob("*.part"))


def test_the_files_opened_last_are_kept(folder):
    ask()
    (first,) = files_in(folder)
    for number in range(N_KEPT - 1):
        ask(language=str(number))
    for age, path in enumerate([first, *set(files_in(folder)) - {first}]):
        os.utime(path, (1_000_000 + age,) * 2)
    (folder / "left.part").write_bytes(b"of a process that was ended")
    ask()  # first is the oldest no longer
    ask(language="last")
    assert len(files_in(folder)) == N_KEPT
    assert first in files_in(folder)
    assert not list(folder.glob("*.part"))


def test_two_processes_at_once_say_the_same(folder):
    script = (
        "import sys, django; django.setup(); from django.conf import settings; settings.POSTINGS_DIR = sys.argv[1];"
        "from tests.matchmaking import test_mapped as here;"
        "found = here.mapped_postings(here.examples(here.TEXTS), 'one', here.RARITY);"
        "print(dict(found.closeness(here.ASKED)));"
        "print(sum(sys.argv[1] in line for line in open('/proc/self/maps')))"
    )
    command = [sys.executable, "-c", script, str(folder)]
    several = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    told = [process.communicate(timeout=120)[0].splitlines() for process in several]
    assert told == [[str(dict(EXPECTED)), "1"]] * 2
    assert len(files_in(folder)) == 1

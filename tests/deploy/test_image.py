"""What the Dockerfile promises, and the reader that lets scripts/image run it; scripts/image tries the rest."""

import subprocess
import sys
from pathlib import Path

import pytest

from backend.common import releases
from scripts.dockerfile import Context, DockerfileError, Step, read_dockerfile

ROOT = Path(__file__).resolve().parents[2]
STAGES = read_dockerfile((ROOT / "Dockerfile").read_text())
FINAL = STAGES[-1]
CONTEXT = Context((ROOT / ".dockerignore").read_text())


def copied() -> list[str]:
    """Return what the Dockerfile takes from the context."""
    words = [step.words for stage in STAGES for step in stage.all("COPY")]
    return [source for one in words if not one[0].startswith("--from=") for source in one[:-1]]


def test_the_image_is_run_by_an_account_of_a_fixed_number_and_not_by_root():
    uid, gid = FINAL.last("USER").text.split(":")
    assert int(uid) == int(gid) > 1000
    assert f"--uid {uid} " in FINAL.all("RUN")[0].text


def test_its_commands_are_run_without_a_shell_between_them_and_their_signals():
    assert FINAL.last("CMD").text.startswith("[")
    assert FINAL.last("CMD").words == ["scripts/start", "web"]
    assert ' CMD ["python", "scripts/healthy.py"]' in FINAL.last("HEALTHCHECK").text
    assert FINAL.last("STOPSIGNAL").text == "SIGTERM"
    assert {"scripts/start", "scripts/healthy.py"} <= set(copied())
    assert (ROOT / "scripts" / "start").stat().st_mode & 0o111


def test_its_libraries_are_checked_by_their_hashes():
    (install,) = (step.text for step in STAGES[0].all("RUN") if "install_libraries" in step.text)
    assert "install_libraries requirements.txt" in install
    assert "requirements.txt" in copied()
    assert "--require-hashes" in (ROOT / "scripts" / "bootstrap.sh").read_text()
    assert not any("pip install" in step.text for step in FINAL.all("RUN"))


def test_it_serves_without_what_a_demonstration_alone_needs():
    """Load all that the service loads, with no mail server to import, as in the image."""
    code = (
        "import sys; sys.modules['aiosmtpd'] = None; import django; django.setup(); "
        "import backend.config.urls, backend.config.wsgi, tasks.app, tasks.jobs; "
        "from django.core.management import get_commands, load_command_class; "
        "[load_command_class(app, name) for name, app in get_commands().items()"
        " if app.startswith('backend.') and name != 'catch_mail']"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_all_that_it_copies_is_there_and_is_sent_to_the_builder():
    assert copied()
    for path in copied():
        assert (ROOT / path).exists(), path
        assert CONTEXT.holds(path), path


@pytest.mark.parametrize(
    "path", [".env", ".run/secret-key", ".git/config", "tests/conftest.py", "docs/result.png", ".venv"]
)
def test_nothing_else_is_sent_to_the_builder(path):
    assert not CONTEXT.holds(path)


def test_what_the_state_of_the_code_is_read_from_is_in_the_image():
    steps = (step.words for step in FINAL.all("COPY"))
    kept = [source for words in steps if not words[0].startswith("--from=") for source in words[:-1]]
    read = [path.relative_to(ROOT) for path in releases._sources()]
    assert len(read) > 100
    assert [path for path in read if not any(path.is_relative_to(source) for source in kept)] == []


def test_every_file_of_the_service_is_sent_to_the_builder():
    folders = ("backend", "matching", "tasks", "fixtures")
    found = (path for folder in folders for path in (ROOT / folder).rglob("*") if path.is_file())
    files = [str(path.relative_to(ROOT)) for path in found if "__pycache__" not in path.parts]
    assert "backend/web/static/web/site.css" in files
    assert [path for path in files if not CONTEXT.holds(path)] == []
    assert not CONTEXT.holds("backend/web/__pycache__/context.cpython-313.pyc")


def test_the_reader_joins_lines_and_leaves_comments_out():
    (stage,) = read_dockerfile("ARG BASE=debian\nFROM ${BASE} AS one\n# a\nRUN a \\\n  # b\n    && b\n")
    assert (stage.base, stage.name) == ("debian", "one")
    assert stage.last("RUN").text.split() == ["a", "&&", "b"]


def test_the_reader_takes_another_base():
    assert read_dockerfile("ARG BASE=debian\nFROM ${BASE}\n", {"BASE": "debian@sha256:0"})[0].base == "debian@sha256:0"


def test_the_reader_gives_an_argument_to_the_stage_that_names_it():
    text = "ARG A=b\nFROM a\nARG A\nFROM a\n"
    assert [stage.all("ENV") for stage in read_dockerfile(text)] == [[Step("ENV", "A=b")], []]
    assert read_dockerfile(text, {"A": "c"})[0].last("ENV").pairs == {"A": "c"}


@pytest.mark.parametrize(
    "text",
    ["FROM a\nADD http://x /x\n", "RUN a\n", "FROM a\nARG B\n", "FROM a\nRUN a \\\n", "FROM a\nrun a\n"],
    ids=["unknown", "before FROM", "ARG in a stage", "cut", "lower case"],
)
def test_the_reader_refuses_what_it_does_not_know(text):
    with pytest.raises(DockerfileError):
        read_dockerfile(text)


@pytest.mark.parametrize(
    ("lines", "path", "kept"),
    [
        ("", "a", True),
        ("*", "a/b", False),
        ("*\n!a", "a/b", True),
        ("*\n!a/b", "a/c", False),
        ("*\n!a/b", "a/b", True),
        ("*\n!a\n**/x", "a/b/x/c", False),
        ("*\n!a\n**/x", "a/b/xy", True),
        ("# a\nb", "a", True),
    ],
)
def test_the_last_line_that_matches_decides(lines, path, kept):
    assert Context(lines).holds(path) is kept

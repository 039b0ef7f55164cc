"""python -m tests.comparison OLD: exit code 0 where both trees answer the same."""

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from itertools import zip_longest
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement

from tests.comparison.differences import differences, page_differences
from tests.conftest import REAL_DATA, ROOT
from tests.matchmaking.generated import Draw
from tests.tasks.crash.programs import private_services, scratch_database

STATE, STATE_FILE = "transition-ecologique", REAL_DATA / "mte" / "programs.json"
DAY = "2026-11-24"
WITH_WORDS = 0.2  # of the lines: the others are asked without their text, so that all of them are not about words
SHOWN = 20  # differences of one part, the most frequent first; the file has all of them


@dataclass(frozen=True, slots=True)
class Tree:
    """A commit, the Python that runs it, its database, and the folder where it leaves what it answers."""

    name: str
    root: Path
    python: str
    database: str
    folder: Path

    def run(self, *command: str) -> None:
        environment = {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "backend.config.test",
            "DATABASE_URL": self.database,
            "PYTHONPATH": str(self.root),
        }
        done = subprocess.run([self.python, *command], cwd=self.root, env=environment, capture_output=True, text=True)
        if done.returncode:
            raise SystemExit(f"{self.name}: {' '.join(command)} ended with {done.returncode}\n{done.stderr[-3000:]}")

    def answer(self, parts: dict[str, tuple[str, ...]]) -> None:
        """Load the database, then answer the lines of each part and the questions of the API, and tell the stories."""
        for command in ("migrate", "load_reference", "load_demo"):
            self.run("manage.py", command)
        if any(STATE in options for options in parts.values()):
            self.run("manage.py", "import_schemes", STATE, str(STATE_FILE), "--dated", DAY)
        for name, options in parts.items():
            lines, out = self.folder.parent / f"{name.split()[0]}.jsonl", self.folder / f"{name}.out"
            self.run("manage.py", "match", str(lines), "--out", str(out), "--on", DAY, "-v", "0", *options)
        self.run(str(Path(__file__).with_name("asking.py")), str(self.folder))


def main() -> int:
    asked = read_arguments()
    kept = ROOT / ".run" / "comparison"
    kept.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        old_root = stack.enter_context(checked_out(asked.old, folder / "tree"))
        python = asked.old_python or shared_python(old_root)
        parts = write_questions(folder, asked, old_root)
        (folder / "services").mkdir(mode=0o711)
        folder.chmod(0o711)  # PostgreSQL has an account of its own
        services = stack.enter_context(private_services(folder / "services"))
        os.environ["REDIS_URL"] = services["REDIS_URL"]
        trees = []
        for name, root, runs in (("old", old_root, python), ("new", ROOT, sys.executable)):
            database = stack.enter_context(scratch_database(services["DATABASE_URL"], suffix=name))
            (folder / name).mkdir()
            (folder / name / "questions.jsonl").symlink_to(folder / "questions.jsonl")
            trees.append(Tree(name, root, runs, database, folder / name))
        with ThreadPoolExecutor() as both:
            list(both.map(lambda tree: tree.answer(parts), trees))
        with (kept / "differences.txt").open("w") as report:
            n = sum(tell(part, found, report) for part, found in compare(*(tree.folder for tree in trees), parts))
    sys.stdout.write(f"{n} differ from {asked.old}; all of them: {kept / 'differences.txt'}\n" if n else "the same\n")
    return 1 if n else 0


def read_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/compare", description="Ask two commits the same questions.")
    parser.add_argument("old", metavar="OLD", help="a commit")
    parser.add_argument("--own", type=int, default=1_000, help="lines asked of our catalogue")
    parser.add_argument("--state", type=int, default=3_000, help="lines asked of the State's programmes")
    parser.add_argument("--questions", type=int, default=200, help="lines asked of the API")
    parser.add_argument("--seed", type=int, default=16, help="of the lines that are drawn")
    parser.add_argument("--old-python", metavar="PYTHON", help="that has what OLD needs, where our .venv has not")
    return parser.parse_args()


@contextmanager
def checked_out(commit: str, folder: Path) -> Iterator[Path]:
    git = ("git", "-C", str(ROOT), "worktree")
    subprocess.run([*git, "add", "--quiet", "--detach", str(folder), commit], check=True)
    try:
        yield folder
    finally:
        subprocess.run([*git, "remove", "--force", str(folder)], check=True)


def shared_python(root: Path) -> str:
    """Return our own Python, if it has every library of the lock of a tree; else say which it lacks."""
    lock = re.findall(r"^[\w.-]+==[^\\\n]+", (root / "requirements.txt").read_text(), re.MULTILINE)
    wanted = [one for one in map(Requirement, lock) if one.marker is None or one.marker.evaluate()]
    lacking = [str(one) for one in wanted if not one.specifier.contains(installed(one.name), prereleases=True)]
    if lacking:
        raise SystemExit(
            f"OLD needs other libraries than .venv has: {', '.join(lacking)}. Install its requirements-dev.txt in an "
            "environment of its own and name that: --old-python /path/to/bin/python."
        )
    return sys.executable


def installed(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "0"


def write_questions(folder: Path, asked: argparse.Namespace, old_root: Path) -> dict[str, tuple[str, ...]]:
    """Write the lines of each part, of schemes held those that both trees have; return the options of ``match``."""
    draw = Draw(asked.seed)
    both = {f"jonction:{sheet.stem}" for sheet in (old_root / "fixtures" / "schemes").glob("*.yaml")}
    parts: dict[str, tuple[str, ...]] = {"own all": ("--all",), "own 20": ("--limit", "20")}
    counts = {"own": asked.own, "questions": asked.questions}
    if asked.state and not STATE_FILE.exists():
        sys.stdout.write(f"not asked of the State's programmes: no {STATE_FILE} (JONCTION_REAL_DATA)\n")
    elif asked.state:
        parts |= {"state all": ("--source", STATE, "--all"), "state 20": ("--source", STATE)}
        counts["state"] = asked.state
    for name, n in counts.items():
        lines = draw.lines(n)
        for line in lines:
            if name != "questions" and draw.random.random() > WITH_WORDS:
                line.pop("text", None)
            if line.get("schemes"):
                line["schemes"] = {key: held for key, held in line["schemes"].items() if key in both}
        (folder / f"{name}.jsonl").write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    return parts


def compare(old: Path, new: Path, parts: dict[str, Any]) -> Iterator[tuple[str, Iterator[tuple[str, list[str]]]]]:
    """Yield each part with its answers and what differs in each."""
    for part in parts:
        yield f"match, {part}", compare_lines(old / f"{part}.out", new / f"{part}.out")
    for part, find in (("api", differences), ("pages", page_differences)):
        olds, news = (json.loads((folder / f"{part}.json").read_text()) for folder in (old, new))
        names = list(olds | news)
        yield part, ((name, list(find(olds.get(name, ""), news.get(name, "")))) for name in names)


def compare_lines(old: Path, new: Path) -> Iterator[tuple[str, list[str]]]:
    with old.open("rb") as olds, new.open("rb") as news:
        for number, (before, after) in enumerate(zip_longest(olds, news, fillvalue=b"null"), 1):
            same = before == after
            yield f"line {number}", [] if same else list(differences(json.loads(before), json.loads(after)))


def tell(part: str, answers: Iterator[tuple[str, list[str]]], report: Any) -> int:
    """Say how many answers of a part differ, and each difference once with how often; return how many do."""
    n = n_differ = 0
    often: Counter[str] = Counter()
    for name, found in answers:
        n += 1
        n_differ += bool(found)
        often.update(found)
        report.writelines(f"{part}: {name}: {difference}\n" for difference in found)
    lines = [f"  {times} x {difference}\n" for difference, times in often.most_common(SHOWN)]
    sys.stdout.write(f"{part}: {n} answers, {n_differ} differ\n{''.join(lines)}")
    return n_differ


if __name__ == "__main__":
    sys.exit(main())

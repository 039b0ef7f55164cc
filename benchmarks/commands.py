"""How long commands take, to start and for many lines, and what a process of the site holds, beside another commit.

    python -m benchmarks.commands OLD [--rounds 7] [--lines 10000] [--old-python PYTHON]

It ends with 1 where a time that must be reached is not. Wall time and time of the processor, medians of interleaved
rounds (two of them for many lines), byte-compiled, each commit on a database of its own. At the end
with 5,000 schemes in the place of ours: lines a second, since OLD is asked fewer of them.
"""

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from random import Random
from resource import RUSAGE_CHILDREN, getrusage
from statistics import median
from time import perf_counter
from typing import Any

import yaml

from benchmarks.questions import questions
from benchmarks.synthetic import Country
from benchmarks.timing import Table
from tests.comparison.__main__ import DAY, Tree, checked_out, shared_python
from tests.conftest import ROOT
from tests.matchmaking.generated import Draw
from tests.tasks.crash.programs import private_services, scratch_database

LINE = '{"id": 1, "commune": "60159", "naf": "25.62B", "headcount": 35, "needs": ["competences.recruter"]}\n'
START, RELOAD, MANY = "match of a line", "load_reference, nothing changed", "match of many lines without text"
TEXTS = "match of many lines of 30 words"
N_SCHEMES, N_LINES, N_LINES_OF_OLD = 5_000, 20_000, 400
MOST = {START: 0.45, RELOAD: None, MANY: 1 / 15, TEXTS: 1 / 4}
N_WORDS = 30
SEED = 16


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("old", metavar="OLD", help="a commit")
    options.add_argument("--rounds", type=int, default=7)
    options.add_argument("--lines", type=int, default=10_000)
    options.add_argument("--old-python", metavar="PYTHON", help="that has what OLD needs, where our .venv has not")
    asked = options.parse_args()
    table = Table()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        folder.chmod(0o711)  # PostgreSQL has an account of its own
        line, lines, texts, out = (folder / f"{name}.jsonl" for name in ("line", "lines", "texts", "out"))
        line.write_text(LINE)
        write(lines, ({**drawn, "text": None} for drawn in Draw(SEED).lines(asked.lines)))
        said = texts_of(N_WORDS)
        write(texts, ({**drawn, "text": next(said)} for drawn in Draw(SEED).lines(asked.lines)))
        told = ("--out", str(out), "--on", DAY, "-v", "0")
        old = stack.enter_context(checked_out(asked.old, folder / "tree"))
        (folder / "services").mkdir(mode=0o711)
        services = stack.enter_context(private_services(folder / "services"))
        os.environ["REDIS_URL"] = services["REDIS_URL"]
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # the first run of each tree compiles it
        trees = []
        for name, root, python in (
            ("old", old, asked.old_python or shared_python(old)),
            ("new", ROOT, sys.executable),
        ):
            database = stack.enter_context(scratch_database(services["DATABASE_URL"], suffix=name))
            trees.append(Tree(name, root, python, database, folder))
        commands = {
            START: ("match", str(line), *told),
            RELOAD: ("load_reference",),
            MANY: ("match", str(lines), *told),
            TEXTS: ("match", str(texts), *told),
        }
        for tree in trees:
            tree.run("manage.py", "migrate")
            tree.run("manage.py", *commands[RELOAD])
            tree.run("manage.py", *commands[START])
        for name, command in commands.items():
            seconds: dict[str, list[tuple[float, float]]] = {tree.name: [] for tree in trees}
            for _ in range(min(2, asked.rounds) if name in (MANY, TEXTS) else asked.rounds):
                for tree in trees:
                    began, spent = perf_counter(), getrusage(RUSAGE_CHILDREN).ru_utime
                    tree.run("manage.py", *command)
                    took = perf_counter() - began, getrusage(RUSAGE_CHILDREN).ru_utime - spent
                    seconds[tree.name].append(took)
            (before, spent_before), (now, spent_now) = (
                [median(each) for each in zip(*seconds[tree.name], strict=True)] for tree in trees
            )
            table.say(f"{name}, {asked.old}", f"{before:.2f} s ({spent_before:.2f})")
            table.say(f"{name}, this tree", f"{now:.2f} s ({spent_now:.2f})")
            table.say("  times faster", f"{before / now:.1f}x ({spent_before / spent_now:.1f}x)")
            if most := MOST[name]:
                table.at_most("of the time before", now / before, most, "")
        for tree in trees:
            tree.run("-P", str(Path(__file__).with_name("first_answer.py")), str(folder / tree.name))
        held = [json.loads((folder / tree.name).read_text()) for tree in trees]
        for name, before, now in zip(("a question", "words too"), *held, strict=True):
            table.say(f"memory after {name}, {asked.old}; this tree", f"{before:.0f}; {now:.0f} MB")
            table.at_most("of the memory before", now / before, 1, "")
        over_many_schemes(table, trees[0], trees[1], told)
    return 1 if table.n_missed else 0


def over_many_schemes(table: Table, old: Tree, new: Tree, told: Sequence[str]) -> None:
    """Compare lines a second over thousands of schemes, the start of the command left out."""
    one, rates = new.folder / "one.jsonl", []
    write(one, questions(Country(), 1))
    for tree, n in ((old, N_LINES_OF_OLD), (new, N_LINES)):
        tree.run("-P", str(Path(__file__).with_name("many_schemes.py")), str(N_SCHEMES))
        several = tree.folder / f"{n}.jsonl"
        write(several, questions(Country(), n))
        took = []
        for path in (one, one, several):
            began = perf_counter()
            tree.run("manage.py", "match", str(path), *told)
            took.append(perf_counter() - began)
        rates.append(n / (took[2] - took[1]))
        table.say(
            f"{n:,} lines over {N_SCHEMES:,} schemes, {tree.name} tree", f"{took[2]:.1f} s, {rates[-1]:,.0f} a second"
        )
    table.say("  times faster", f"{rates[1] / rates[0]:.1f}x")
    table.at_most("of the time before", rates[0] / rates[1], 1 / 15, "")


def write(path: Path, lines: Iterable[dict[str, Any]]) -> None:
    path.write_text("".join(f"{json.dumps(line)}\n" for line in lines))


def texts_of(n_words: int) -> Iterator[str]:
    """Give texts of so many words: sentences on different needs, one after another."""
    paths = sorted((ROOT / "fixtures" / "sentences" / "needs").glob("*.yaml"))
    sentences = [sentence for path in paths for sentence, _ in yaml.safe_load(path.read_text())["said"]]
    draw = Random(SEED)  # noqa: S311
    while True:
        words: list[str] = []
        while len(words) < n_words:
            words += draw.choice(sentences).split()
        yield " ".join(words[:n_words])


if __name__ == "__main__":
    sys.exit(main())

"""How long commands take, to start and for many lines, and what a process of the site holds, beside another commit.

    python -m benchmarks.commands OLD [--rounds 7] [--lines 10000]

It ends with 1 where a time that must be reached is not. Wall time and time of the processor, medians of interleaved
rounds (two of them for many lines), byte-compiled, each commit on a database of its own.
"""

import argparse
import json
import os
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from resource import RUSAGE_CHILDREN, getrusage
from statistics import median
from time import perf_counter

from benchmarks.timing import Table
from tests.comparison.__main__ import DAY, Tree, checked_out, shared_python
from tests.conftest import ROOT
from tests.matchmaking.generated import Draw
from tests.tasks.crash.programs import private_services, scratch_database

LINE = '{"id": 1, "commune": "60159", "naf": "25.62B", "headcount": 35, "needs": ["competences.recruter"]}\n'
START, RELOAD, MANY = "match of a line", "load_reference, nothing changed", "match of many lines without text"
MOST = {START: 0.45, RELOAD: None, MANY: 1 / 15}
SEED = 16


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("old", metavar="OLD", help="a commit")
    options.add_argument("--rounds", type=int, default=7)
    options.add_argument("--lines", type=int, default=10_000)
    asked = options.parse_args()
    table = Table()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        folder.chmod(0o711)  # PostgreSQL has an account of its own
        line, lines, out = folder / "line.jsonl", folder / "lines.jsonl", folder / "out.jsonl"
        line.write_text(LINE)
        several = ({**drawn, "text": None} for drawn in Draw(SEED).lines(asked.lines))
        lines.write_text("".join(f"{json.dumps(drawn)}\n" for drawn in several))
        told = ("--out", str(out), "--on", DAY, "-v", "0")
        old = stack.enter_context(checked_out(asked.old, folder / "tree"))
        (folder / "services").mkdir(mode=0o711)
        services = stack.enter_context(private_services(folder / "services"))
        os.environ["REDIS_URL"] = services["REDIS_URL"]
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # the first run of each tree compiles it
        trees = []
        for name, root, python in (("old", old, shared_python(old)), ("new", ROOT, sys.executable)):
            database = stack.enter_context(scratch_database(services["DATABASE_URL"], suffix=name))
            trees.append(Tree(name, root, python, database, folder))
        commands = {
            START: ("match", str(line), *told),
            RELOAD: ("load_reference",),
            MANY: ("match", str(lines), *told),
        }
        for tree in trees:
            tree.run("manage.py", "migrate")
            tree.run("manage.py", *commands[RELOAD])
            tree.run("manage.py", *commands[START])
        for name, command in commands.items():
            seconds: dict[str, list[tuple[float, float]]] = {tree.name: [] for tree in trees}
            for _ in range(min(2, asked.rounds) if name == MANY else asked.rounds):
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
    return 1 if table.n_missed else 0


if __name__ == "__main__":
    sys.exit(main())

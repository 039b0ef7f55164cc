"""How long commands take to start, beside another commit in the same run.

    python -m benchmarks.starting OLD [--rounds 7]

It ends with 1 where a time that must be reached is not. Wall time, medians of interleaved rounds, byte-compiled, each
commit on a database of its own.
"""

import argparse
import os
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from time import perf_counter

from benchmarks.timing import Table
from tests.comparison.__main__ import DAY, Tree, checked_out, shared_python
from tests.conftest import ROOT
from tests.tasks.crash.programs import private_services, scratch_database

LINE = '{"id": 1, "commune": "60159", "naf": "25.62B", "headcount": 35, "needs": ["competences.recruter"]}\n'
MOST = {"match of a line": 0.45, "load_reference, nothing changed": None}


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("old", metavar="OLD", help="a commit")
    options.add_argument("--rounds", type=int, default=7)
    asked = options.parse_args()
    table = Table()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        folder.chmod(0o711)  # PostgreSQL has an account of its own
        lines, out = folder / "line.jsonl", folder / "out.jsonl"
        lines.write_text(LINE)
        old = stack.enter_context(checked_out(asked.old, folder / "tree"))
        (folder / "services").mkdir(mode=0o711)
        services = stack.enter_context(private_services(folder / "services"))
        os.environ["REDIS_URL"] = services["REDIS_URL"]
        trees = []
        for name, root, python in (("old", old, shared_python(old)), ("new", ROOT, sys.executable)):
            database = stack.enter_context(scratch_database(services["DATABASE_URL"], suffix=name))
            trees.append(Tree(name, root, python, database, folder))
        commands = {
            "match of a line": ("match", str(lines), "--out", str(out), "--on", DAY, "-v", "0"),
            "load_reference, nothing changed": ("load_reference",),
        }
        for tree in trees:
            tree.run("manage.py", "migrate")
            for command in reversed(commands.values()):
                tree.run("manage.py", *command)
        for name, command in commands.items():
            seconds: dict[str, list[float]] = {tree.name: [] for tree in trees}
            for _ in range(asked.rounds):
                for tree in trees:
                    started = perf_counter()
                    tree.run("manage.py", *command)
                    seconds[tree.name].append(perf_counter() - started)
            before, now = median(seconds["old"]), median(seconds["new"])
            table.say(f"{name}, {asked.old}", f"{before:.2f} s")
            table.say(f"{name}, this tree", f"{now:.2f} s")
            if most := MOST[name]:
                table.at_most(f"{name}, of the time of {asked.old}", now / before, most, "")
    return 1 if table.n_missed else 0


if __name__ == "__main__":
    sys.exit(main())

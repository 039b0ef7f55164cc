"""The processor time of the answer beside that of an older commit: the same firms, in turn, in the same run.

    git worktree add /tmp/old c296920                     and, there, on a database of its own (DATABASE_URL):
    manage.py migrate; manage.py load_reference; manage.py load_demo
    . .run/env; PYTHONPATH=. .venv/bin/python -P benchmarks/answer_before.py /tmp/old postgres://…/old

The older one showed no answer before it filed: its answer is the request that files and the page of what was filed.
Each tree is asked several times, one after the other, and the least is taken: whatever else this machine does only
adds. Ends with 1 where a ratio is above the goal, a quarter.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

from benchmarks.answer import FIRMS

ROUNDS, TIMES = 2, 5
GOAL = 0.25
HERE = Path(__file__).resolve().parents[1]
CHILD = Path(__file__).with_name("filing_cost.py")
# Requests of ours, and those of the older tree that they are compared with.
FILING, FILED = "filing", "what was filed"
COMPARED = {
    "from the last step to the answer": (("the last step", "the answer"), (FILING, FILED)),
    "the request that leads to the answer": (("the last step",), (FILING,)),
    "the answer": (("the answer",), (FILED,)),
    "the request that files": ((FILING,), (FILING,)),
    "the page of what was filed": ((FILED,), (FILED,)),
}

type Costs = dict[str, dict[str, float]]


def main(old: Path, database: str) -> int:
    now: Costs = {}
    before: Costs = {}
    for _ in range(ROUNDS):
        least(before, ask(old, database))
        least(now, ask(HERE, os.environ["DATABASE_URL"]))
    print("| Firm | Request | Milliseconds of processor | Before | Ratio |")
    print("|---|---|---|---|---|")
    worst = 0.0
    for firm, costs in now.items():
        for name, (ours, theirs) in COMPARED.items():
            seconds, beside = sum(map(costs.__getitem__, ours)), sum(map(before[firm].__getitem__, theirs))
            worst = max(worst, seconds / beside)
            print(f"| {firm} | {name} | {1000 * seconds:.0f} | {1000 * beside:.0f} | {seconds / beside:.2f} |")
    print(f"worst ratio {worst:.2f}, goal {GOAL}")
    return int(worst > GOAL)


def ask(tree: Path, database: str) -> Costs:
    """Run the firms in a tree, with its own code and database."""
    environment = {**os.environ, "DATABASE_URL": database, "PYTHONPATH": str(tree)}
    environment.pop("JONCTION_OWNER_DATABASE_URL", None)
    asked = json.dumps({"firms": FIRMS, "times": TIMES})
    done = subprocess.run(  # noqa: S603 - our own file
        [sys.executable, "-P", "-W", "ignore", str(CHILD)],
        cwd=tree,
        env=environment,
        input=asked,
        text=True,
        stdout=subprocess.PIPE,
        check=True,
    )
    found: Costs = json.loads(done.stdout)
    return found


def least(kept: Costs, found: Costs) -> None:
    for firm, requests in found.items():
        for request, seconds in requests.items():
            of_firm = kept.setdefault(firm, {})
            of_firm[request] = min(seconds, of_firm.get(request, seconds))


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2]))

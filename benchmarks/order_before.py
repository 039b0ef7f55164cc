"""How well the judged requests are answered, by family, beside an older commit: nDCG@10, in one run.

    python -m benchmarks.order_before OLD [--final] [--old-python PYTHON]

Each tree answers with our catalogue as it holds it, and with the State's programmes where JONCTION_REAL_DATA has them.
What it lists is measured twice. *own*: what it lets the firm have is all that could be shown, so that an older
catalogue is not blamed for what it does not hold. *shared*: only sheets that both trees hold and let the firm have;
the others are left out of both lists. Intervals are of the difference, request by request (paired bootstrap). With
``--final`` the half that is never used for tuning is asked.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from statistics import fmean
from typing import Any

import yaml

from matching import RELEVANT, ndcg, paired_interval
from tests.comparison.__main__ import DAY, STATE, STATE_FILE, Tree, checked_out, shared_python
from tests.conftest import ROOT
from tests.tasks.crash.programs import private_services, scratch_database

OWN = "jonction"
JUDGEMENTS = ROOT / "fixtures" / "judgements"
LISTED, LIMIT = 10, 40  # what is measured; what is asked for, so that enough is left where sheets are left out
NOT_ASKED = ("intent", "about", "refuses")  # what readers wrote of a request, for themselves

type Grades = dict[str, dict[str, float]]  # by request, then by scheme
type Answers = dict[str, tuple[list[str], set[str]]]  # by request: what is listed, and what the firm may have


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("old", metavar="OLD", help="a commit")
    options.add_argument("--final", action="store_true", help="the half that is never used for tuning")
    options.add_argument("--old-python", metavar="PYTHON", help="that has what OLD needs, where our .venv has not")
    asked = options.parse_args()
    families, sources = read_requests(), sources_here()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        folder.chmod(0o711)  # PostgreSQL has an account of its own
        lines = folder / "requests.jsonl"
        lines.write_text("".join(f"{json.dumps(line)}\n" for family in families.values() for line in family))
        old = stack.enter_context(checked_out(asked.old, folder / "tree"))
        (folder / "services").mkdir(mode=0o711)
        services = stack.enter_context(private_services(folder / "services"))
        os.environ["REDIS_URL"] = services["REDIS_URL"]
        answers = []
        for name, root, python in (
            ("old", old, asked.old_python or shared_python(old)),
            ("new", ROOT, sys.executable),
        ):
            database = stack.enter_context(scratch_database(services["DATABASE_URL"], suffix=name))
            (folder / name).mkdir()
            tree = Tree(name, root, python, database, folder / name)
            tree.run("manage.py", "migrate")
            tree.run("manage.py", "load_reference")
            if STATE in sources:
                tree.run("manage.py", "import_schemes", STATE, str(STATE_FILE), "--dated", DAY)
            answers.append({source: answer(tree, lines, source) for source in sources})
    held = held_out([line["id"] for family in families.values() for line in family])
    print(f"{asked.old} and this tree, {'half never used for tuning' if asked.final else 'tuning half'}")
    for source in sources:
        grades, trees = read_grades(source), [answer[source] for answer in answers]
        for family, requests in families.items():
            keys = [line["id"] for line in requests if line["id"] in grades and held[line["id"]] == asked.final]
            for name, measured in (("own", own), ("shared", shared)):
                say(f"{source}, {family}, {name}", list(measured(keys, grades, *trees)))
    return 0


def sources_here() -> list[str]:
    """Return the catalogues that have grades: our own, and the State's where its file is."""
    if not STATE_FILE.exists():
        print(f"not asked of the State's programmes: no {STATE_FILE} (JONCTION_REAL_DATA)")
        return [OWN]
    return [OWN, STATE]


def read_requests() -> dict[str, list[dict[str, Any]]]:
    """Return the requests of each family as lines of ``match``; the first ones are a family of their own."""
    paths = {"first": JUDGEMENTS / "requests.yaml"}
    paths |= {path.stem: path for path in sorted(JUDGEMENTS.glob("families/*.yaml"))}
    found = {}
    for family, path in paths.items():
        content = yaml.safe_load(path.read_text())
        on = {"on": content["dated"]}
        found[family] = [
            {name: value for name, value in row.items() if name not in NOT_ASKED} | on for row in content["requests"]
        ]
    return found


def read_grades(source: str) -> Grades:
    """Return the mean grade that two readers gave the sheets of a catalogue, by request, 0 left out."""
    first, second = (
        yaml.safe_load((JUDGEMENTS / "grades" / f"{source}-{reading}.yaml").read_text())["grades"]
        for reading in ("first", "second")
    )
    return {
        key: {
            f"{source}:{name}": (first[key].get(name, 0) + second[key].get(name, 0)) / 2
            for name in first[key].keys() | second[key].keys()
        }
        for key in first
    }


def answer(tree: Tree, lines: Path, source: str) -> Answers:
    """Ask a tree the requests: what it lists of a catalogue, and what it lets each firm have."""
    listed, every = tree.folder / "listed.jsonl", tree.folder / "every.jsonl"
    told = ("-v", "0", "--source", source)
    tree.run("manage.py", "match", str(lines), "--out", str(listed), "--limit", str(LIMIT), *told)
    tree.run("manage.py", "match", str(lines), "--out", str(every), "--all", *told)
    possible = {
        row["id"]: {match["scheme"] for match in row["matches"] if match["eligibility"] != "ineligible"}
        for row in map(json.loads, every.read_text().splitlines())
    }
    return {
        row["id"]: ([match["scheme"] for match in row["matches"]], possible[row["id"]])
        for row in map(json.loads, listed.read_text().splitlines())
    }


def held_out(keys: Sequence[str]) -> dict[str, bool]:
    """Tell of each request whether it belongs to the half that is never used for tuning."""
    code = (
        "import django, json, sys; django.setup();"
        "from backend.matchmaking.evaluation.judgements import is_held_out;"
        "json.dump({key: is_held_out(key) for key in json.load(sys.stdin)}, sys.stdout)"
    )
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "backend.config.test"}
    done = subprocess.run(  # noqa: S603 - our own line
        [sys.executable, "-c", code], input=json.dumps(keys), env=environment, cwd=ROOT, capture_output=True, text=True
    )
    found: dict[str, bool] = json.loads(done.stdout)
    return found


def own(keys: Sequence[str], grades: Grades, old: Answers, new: Answers) -> Iterator[tuple[float, float]]:
    """Yield the measure of each request where both trees let the firm have something that fits."""
    for key in keys:
        could = [[grade for name, grade in grades[key].items() if name in tree[key][1]] for tree in (old, new)]
        if all(max(each, default=0.0) >= RELEVANT for each in could):
            yield tuple(
                ndcg([grades[key].get(name, 0.0) for name in tree[key][0]], each, LISTED)
                for tree, each in zip((old, new), could, strict=True)
            )


def shared(keys: Sequence[str], grades: Grades, old: Answers, new: Answers) -> Iterator[tuple[float, float]]:
    for key in keys:
        both = old[key][1] & new[key][1]
        could = [grade for name, grade in grades[key].items() if name in both]
        if max(could, default=0.0) >= RELEVANT:
            yield tuple(
                ndcg([grades[key].get(name, 0.0) for name in tree[key][0] if name in both], could, LISTED)
                for tree in (old, new)
            )


def say(name: str, measured: Sequence[tuple[float, float]]) -> None:
    if not measured:
        return
    before, now = zip(*measured, strict=True)
    gain, low, high = paired_interval([after - one for one, after in measured])
    means = f"{fmean(before):.3f}  {fmean(now):.3f}"
    print(f"{name:44}{len(measured):4}  {means}  {gain:+.3f} ({low:+.3f} to {high:+.3f})")


if __name__ == "__main__":
    sys.exit(main())

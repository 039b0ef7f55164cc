"""What is installed (requirements*.txt) is what pyproject.toml asks for. Without a network."""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
SERVICE = PYPROJECT["project"]["dependencies"]
GROUPS = PYPROJECT["dependency-groups"]


def group(name: str) -> list[str]:
    """Return what a group asks for, with the groups in it."""
    rows = (group(one["include-group"]) if isinstance(one, dict) else [one] for one in GROUPS[name])
    return [requirement for row in rows for requirement in row]


LOCKS = {
    "requirements.txt": SERVICE,
    "requirements-demo.txt": SERVICE + group("demo"),
    "requirements-dev.txt": SERVICE + group("dev"),
    "requirements-bench.txt": SERVICE + group("bench"),
}
OURS = re.compile(r"jonction \(pyproject\.toml(?::\w+)?\)")
STALE = "{lock} is stale: run make lock. {why}"


class Pin(NamedTuple):
    name: str
    version: str
    hashes: list[str]
    asked_by: list[str]


def read_lock(text: str) -> dict[str, Pin]:
    """Read each version with what follows it; a name that stands twice is refused."""
    pins: dict[str, Pin] = {}
    for block in re.split(r"^(?=[A-Za-z0-9])", text, flags=re.MULTILINE)[1:]:
        requirement = Requirement(block.partition("\\")[0].strip())
        (pinned,) = requirement.specifier
        assert pinned.operator == "==", block
        name = canonicalize_name(requirement.name)
        assert name not in pins, f"{name} stands twice"
        reasons = [line.strip("# \n").removeprefix("via").strip() for line in block.splitlines() if "    #" in line]
        pins[name] = Pin(
            name, pinned.version, re.findall(r"--hash=sha256:[0-9a-f]{64}", block), list(filter(None, reasons))
        )
    return pins


def faults(lock: dict[str, Pin], wanted: list[str]) -> Iterator[str]:
    """Give a sentence for each requirement without its version, and for each version without a reason."""
    requirements = {canonicalize_name(one.name): one for one in map(Requirement, wanted)}
    for name, requirement in requirements.items():
        pin = lock.get(name)
        if pin is None:
            yield f"{requirement} has no version."
        elif not requirement.specifier.contains(pin.version, prereleases=True):
            yield f"{requirement} is asked for, {pin.version} is there."
        elif not any(map(OURS.fullmatch, pin.asked_by)):
            yield f"{requirement} is asked for, its version does not say so."
    for pin in lock.values():
        reasons = [one for one in pin.asked_by if not one.startswith("-c ")]
        if not reasons:
            yield f"{pin.name} is asked for by nobody."
        if pin.name not in requirements and any(map(OURS.fullmatch, reasons)):
            yield f"{pin.name} was asked for by pyproject.toml, and is no more."
        if lost := [one for one in reasons if not OURS.fullmatch(one) and canonicalize_name(one) not in lock]:
            yield f"{pin.name} is asked for by {lost}, which is not there."


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_holds_what_pyproject_asks_for_and_nothing_without_a_reason(lock: str):
    found = list(faults(read_lock((ROOT / lock).read_text()), LOCKS[lock]))
    assert found == [], STALE.format(lock=lock, why=" ".join(found))


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_has_the_digest_of_every_file_and_no_address(lock: str):
    text = (ROOT / lock).read_text()
    assert [pin.name for pin in read_lock(text).values() if not pin.hashes] == []
    assert "://" not in text
    assert not re.search(r"^--(index|extra|find|trusted)", text, re.MULTILINE)


def test_developers_run_what_the_service_runs():
    service = read_lock((ROOT / "requirements.txt").read_text())
    for other in LOCKS.keys() - {"requirements.txt"}:
        theirs = read_lock((ROOT / other).read_text())
        assert {name: theirs[name].version for name in service} == {name: pin.version for name, pin in service.items()}


def test_developers_run_what_a_demonstration_runs():
    demo, theirs = (read_lock((ROOT / f"requirements-{name}.txt").read_text()) for name in ("demo", "dev"))
    assert {name: theirs[name].version for name in demo} == {name: pin.version for name, pin in demo.items()}


def test_there_is_no_second_list_of_requirements_and_no_second_lock():
    kept = {path.name for path in ROOT.glob("requirements*")} | {path.name for path in ROOT.glob("*.lock")}
    assert kept == set(LOCKS)


LOCK = """\
django==6.1.3 \\
    --hash=sha256:{0}
    # via jonction (pyproject.toml)
sqlparse==0.5.5 \\
    --hash=sha256:{0}
    # via django
""".format("a" * 64)


@pytest.mark.parametrize(
    ("wanted", "lock", "fault"),
    [
        (["Django>=6.1.3,<6.2"], LOCK, []),
        (["Django>=6.2"], LOCK, ["Django>=6.2 is asked for, 6.1.3 is there."]),
        (["Django>=6.1", "tqdm"], LOCK, ["tqdm has no version."]),
        (["Django>=6.1", "sqlparse"], LOCK, ["sqlparse is asked for, its version does not say so."]),
        ([], LOCK, ["django was asked for by pyproject.toml, and is no more."]),
        (["Django"], LOCK.replace("    # via django\n", ""), ["sqlparse is asked for by nobody."]),
        (
            ["Django"],
            LOCK.replace("via django", "via flask"),
            ["sqlparse is asked for by ['flask'], which is not there."],
        ),
    ],
)
def test_what_makes_a_lock_stale_is_said(wanted: list[str], lock: str, fault: list[str]):
    assert list(faults(read_lock(lock), wanted)) == fault

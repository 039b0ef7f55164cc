"""Build the image of the Dockerfile from PLACE/debian, a bare Debian, and PLACE/clone; scripts/image makes both.

Stages become PLACE/stage-0, stage-1 and so on, each a copy of the bare system in which its steps are run in order.
Standard library only.
"""

# ruff: noqa: S603, T201 -- every command below is a list built here; what is printed is for a person
import os
import re
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

from dockerfile import Context, Stage, Step, read_dockerfile

# What the steps need of this machine to reach its package index; Docker has its own ways for that.
OF_THIS_MACHINE = re.compile(r"PIP_\w+|SSL_CERT_\w+|REQUESTS_CA_BUNDLE|https?_proxy|no_proxy")
BARE_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
STARTED = time.monotonic()


def say(text: str) -> None:
    print(f"[{time.monotonic() - STARTED:3.0f} s] {text}", flush=True)


def run(*command: str | Path) -> None:
    subprocess.run(list(map(str, command)), check=True)


@dataclass
class Root:
    """A system in a folder, and where a build has got to in it."""

    path: Path
    environment: dict[str, str] = field(default_factory=lambda: {"PATH": BARE_PATH})
    workdir: str = "/"

    @classmethod
    def copy(cls, debian: Path, path: Path) -> "Root":
        run("cp", "--archive", debian, path)
        root = cls(path)
        root.mount()
        return root

    def mount(self) -> None:
        run("mount", "-t", "proc", "proc", self.path / "proc")
        run("mount", "--rbind", "/dev", self.path / "dev")

    def unmount(self) -> None:
        run("umount", "--recursive", self.path / "proc", self.path / "dev")

    def command(self, *words: str, environment: dict[str, str]) -> list[str]:
        variables = [f"{name}={value}" for name, value in {**self.environment, **environment}.items()]
        return ["chroot", str(self.path), "env", "--ignore-environment", f"--chdir={self.workdir}", *variables, *words]

    def shell(self, text: str) -> None:
        """Run a step as root; what it says is shown only if it fails."""
        passed = {name: value for name, value in os.environ.items() if OF_THIS_MACHINE.fullmatch(name)}
        command = self.command("/bin/sh", "-c", text, environment={"HOME": "/root", **passed})
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
        )
        if done.returncode:
            sys.exit(f"{done.stdout}\nscripts/image: code {done.returncode} from: {text}")

    def inside(self, path: str) -> Path:
        """Return where a path of this system is, from outside."""
        return self.path / os.path.join(self.workdir, path).lstrip("/")


def build(place: Path) -> tuple[Stage, Root]:
    """Run every step of the Dockerfile; return the last stage and its system."""
    context = send_context(place)
    roots: dict[str, Root] = {}
    stages = read_dockerfile((context / "Dockerfile").read_text())
    for number, stage in enumerate(stages):
        say(f"Stage {number}, from {stage.base}: here, the bare Debian")
        root = Root.copy(place / "debian", place / f"stage-{number}")
        roots[stage.name or str(number)] = root
        for step in stage.steps:
            say(f"  {step.instruction} {step.text[:95]}")
            take(step, root, roots, context)
        root.unmount()
    return stages[-1], root


def send_context(place: Path) -> Path:
    """Copy what .dockerignore leaves of the clone, and the Dockerfile beside it."""
    clone, context = place / "clone", place / "context"
    holds = Context((clone / ".dockerignore").read_text()).holds
    for path in clone.rglob("*"):
        name = str(path.relative_to(clone))
        if path.is_file() and (holds(name) or name == "Dockerfile"):
            (context / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(path, context / name)
    return context


def take(step: Step, root: Root, roots: dict[str, Root], context: Path) -> None:
    if step.instruction == "RUN":
        root.shell(step.text)
    elif step.instruction == "COPY":
        copy(step.words, root, roots, context)
    elif step.instruction == "ENV":
        root.environment |= step.pairs
    elif step.instruction == "WORKDIR":
        root.workdir = step.text
        root.inside(".").mkdir(parents=True, exist_ok=True)
    # the others say how it is run: see scripts/image_trial.py


def copy(words: list[str], root: Root, roots: dict[str, Root], context: Path) -> None:
    """Copy files under their names into a folder, or what is in a folder into another, as COPY does."""
    origin = context
    if words[0].startswith("--from="):
        origin = roots[words.pop(0).removeprefix("--from=")].path
    *sources, target = words
    for source in sources:
        found, to = origin / source.lstrip("/"), root.inside(target)
        if found.is_dir():
            shutil.copytree(found, to, symlinks=True, dirs_exist_ok=True)
        else:
            to = to / found.name if target.endswith("/") else to
            to.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(found, to)

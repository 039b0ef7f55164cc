"""A reader of the Dockerfile and of .dockerignore: the forms that this project uses, and an error for any other."""

import fnmatch
import json
import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath

CONTINUED = re.compile(r"\\\s*$")
VARIABLE = re.compile(r"\$\{(\w+)\}")
KNOWN = {"ARG", "CMD", "COPY", "ENV", "EXPOSE", "FROM", "HEALTHCHECK", "RUN", "STOPSIGNAL", "USER", "WORKDIR"}


class DockerfileError(Exception):
    """A form that is not known here."""


@dataclass(frozen=True)
class Step:
    instruction: str
    text: str

    @property
    def words(self) -> list[str]:
        """Return the words of an exec form, else of a plain one."""
        return json.loads(self.text) if self.text.startswith("[") else shlex.split(self.text)

    @property
    def pairs(self) -> dict[str, str]:
        """Return what an ENV sets."""
        return dict(word.split("=", 1) for word in self.words)


@dataclass(frozen=True)
class Stage:
    base: str
    name: str
    steps: list[Step] = field(default_factory=list)

    def last(self, instruction: str) -> Step:
        """Return the step that counts of an instruction that replaces the earlier ones."""
        return [step for step in self.steps if step.instruction == instruction][-1]

    def all(self, instruction: str) -> list[Step]:
        return [step for step in self.steps if step.instruction == instruction]


def read_dockerfile(text: str, arguments: Mapping[str, str] | None = None) -> list[Stage]:
    """Return the stages in order; ``arguments`` replace the defaults of the ARGs that come before the first.

    An ARG that a stage names again is a variable of its steps: an ENV, here.
    """
    values: dict[str, str] = {}
    stages: list[Stage] = []
    for line in _logical_lines(text):
        instruction, _, rest = line.partition(" ")
        step = Step(instruction, rest.strip())
        if instruction not in KNOWN or (instruction == "ARG" and stages and step.text not in values):
            known = f"{', '.join(sorted(KNOWN))}; in a stage, ARGs that come before the first FROM"
            raise DockerfileError(f"Unknown here: {line!r}. Known: {known}.")
        if instruction == "ARG" and stages:
            stages[-1].steps.append(Step("ENV", f"{step.text}={values[step.text]}"))
        elif instruction == "ARG":
            name, _, default = step.text.partition("=")
            values[name] = (arguments or {}).get(name, default)
        elif instruction == "FROM":
            base, *alias = VARIABLE.sub(lambda found: values[found[1]], step.text).split()
            stages.append(Stage(base, alias[1] if alias else ""))
        elif not stages:
            raise DockerfileError(f"{line!r} comes before the first FROM.")
        else:
            stages[-1].steps.append(step)
    return stages


def _logical_lines(text: str) -> Iterator[str]:
    """Yield the lines without comments, those that a backslash continues joined to what follows."""
    begun = ""
    for line in text.splitlines():
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        begun += CONTINUED.sub("", line)
        if not CONTINUED.search(line):
            yield begun.strip()
            begun = ""
    if begun:
        raise DockerfileError(f"Nothing follows the last backslash of {begun!r}.")


class Context:
    """What .dockerignore leaves of the folder that is sent to the builder; the last line that matches decides."""

    def __init__(self, ignored: str) -> None:
        self._lines = [line.strip() for line in ignored.splitlines() if line.strip() and not line.startswith("#")]

    def holds(self, path: str) -> bool:
        kept = True
        for line in self._lines:
            if _matches(line.lstrip("!"), path):
                kept = line.startswith("!")
        return kept


def _matches(pattern: str, path: str) -> bool:
    """Tell whether a pattern names a path or one of the folders it is in."""
    parts = PurePosixPath(path).parts
    anywhere, _, name = pattern.rpartition("**/")
    if pattern.startswith("**/") and not anywhere:
        return any(fnmatch.fnmatchcase(part, name) for part in parts)
    wanted = PurePosixPath(pattern).parts
    return len(wanted) <= len(parts) and all(map(fnmatch.fnmatchcase, parts, wanted))

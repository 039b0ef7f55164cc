"""A shell of the service that stays open: what a test has it run pays for one start of Django, not for one each.

Each line of its input is code, as JSON; each line of its answer says what that printed, or how it failed.
"""

import json
import subprocess
import sys
import traceback
from collections.abc import Mapping
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path


class Shell:
    """A process that runs code with Django set up, one piece after the other."""

    def __init__(self, environment: Mapping[str, str], *, folder: Path, errors: Path) -> None:
        with errors.open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.e2e.shell"],
                cwd=folder,
                env=environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )

    def run(self, code: str) -> str:
        """Run code with names of its own; return what it prints, or fail with its traceback."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(f"{json.dumps(code)}\n")
        self._process.stdin.flush()
        answer = json.loads(self._process.stdout.readline())
        assert "failed" not in answer, answer["failed"]
        return answer["printed"]

    def close(self) -> None:
        self._process.communicate(timeout=15)


def _serve() -> None:
    import django

    django.setup()
    answers = sys.stdout
    for line in sys.stdin:
        printed = StringIO()
        try:
            with redirect_stdout(printed):
                exec(compile(json.loads(line), "<the test>", "exec"), {"__name__": "__console__"})  # noqa: S102
            answer = {"printed": printed.getvalue()}
        except Exception:
            answer = {"failed": traceback.format_exc()}
        answers.write(f"{json.dumps(answer)}\n")
        answers.flush()


if __name__ == "__main__":
    _serve()

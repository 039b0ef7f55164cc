"""Reading the reviewed files of ``fixtures/``."""

from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path
from typing import Any

import yaml


def read_yaml(path: Path) -> Any:
    """Return what a YAML file holds, with the parser in C: ten times as fast as the one in Python, and as strict."""
    return yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)


def digest_of_files(paths: Iterable[Path]) -> str:
    """Return a digest of files, their names and what they hold, in the order given; folders are left out."""
    found = sha256()
    for path in paths:
        if path.is_file():
            found.update(f"{path.name} {path.stat().st_size}\n".encode())
            found.update(path.read_bytes())
    return found.hexdigest()

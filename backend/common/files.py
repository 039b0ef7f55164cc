"""Reading the reviewed files of ``fixtures/``."""

from pathlib import Path
from typing import Any

import yaml


def read_yaml(path: Path) -> Any:
    """Return what a YAML file holds, with the parser in C: ten times as fast as the one in Python, and as strict."""
    return yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)

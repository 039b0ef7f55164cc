"""What the commands of a demonstration share."""

from typing import Any

from django.conf import settings
from django.core.management.base import CommandError

from backend.common.files import read_yaml
from backend.common.territory_files import territory_file


def read_demonstration() -> dict[str, Any]:
    """Return the invented firms and accounts, in a demonstration only."""
    if not settings.DEMO:
        raise CommandError(
            "Ces données sont inventées : elles ne se chargent que dans une démonstration (JONCTION_DEMO=1)."
        )
    content: dict[str, Any] = read_yaml(territory_file("demo.yaml"))
    return content

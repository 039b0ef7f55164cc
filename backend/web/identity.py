"""Who publishes the service: from a reviewed file, so that a page can say it when the database is down."""

from dataclasses import dataclass, fields
from functools import lru_cache
from typing import Any

from django.conf import settings

from backend.common.files import read_yaml
from backend.common.territory_files import territory_file

MISSING = "à compléter"


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """What ``fixtures/service.yaml`` says; empty where it is not known."""

    name: str
    phone: str
    email: str
    publisher_name: str
    publisher_status: str
    publisher_siren: str
    publisher_address: str
    publisher_phone: str
    director: str
    host_name: str
    host_address: str
    host_phone: str
    dpo_email: str
    dpo_address: str
    accessibility_plan: str
    security_email: str

    def missing(self) -> list[str]:
        return [field.name for field in fields(self) if not getattr(self, field.name)]


@lru_cache(maxsize=1)
def identity() -> Identity:
    """Return what is known; a demonstration has a telephone and addresses of its own, invented."""
    content = _read("service.yaml")
    content.pop("retention")  # backend/privacy reads it
    if settings.DEMO:
        content |= _read("demo.yaml")["service"]
    return Identity(**{name: "" if value == MISSING else str(value) for name, value in content.items()})


def _read(name: str) -> dict[str, Any]:
    content: dict[str, Any] = read_yaml(territory_file(name))
    return content

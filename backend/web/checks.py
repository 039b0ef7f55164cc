"""What is missing before the service may open to the public."""

from typing import Any

from django.core.checks import CheckMessage, Info, Tags, Warning, register
from django.db import Error

from backend.common.roles import serves_as_owner
from backend.web.identity import identity


@register(Tags.security, deploy=True)
def identity_is_complete(**_kwargs: Any) -> list[CheckMessage]:
    """Name what the legal pages cannot say yet. An Info: only the publisher can complete it, and the site works."""
    missing = identity().missing()
    if not missing:
        return []
    return [
        Info(
            f"fixtures/service.yaml says « à compléter » for: {', '.join(missing)}.",
            hint="The law wants most of these on the site before it opens: see docs/operations.md.",
            id="jonction.I001",
        )
    ]


@register(Tags.security, deploy=True)
def role_only_serves(**_kwargs: Any) -> list[CheckMessage]:
    """Warn where whoever breaks into the site could drop its tables; a database that does not answer says nothing."""
    try:
        if not serves_as_owner():
            return []
    except Error:
        return []
    return [
        Warning(
            "The role of DATABASE_URL may change the shape of the database, not only its rows.",
            hint="Give it one that only serves, and the owner's by JONCTION_OWNER_DATABASE_URL: docs/operations.md.",
            id="jonction.W001",
        )
    ]

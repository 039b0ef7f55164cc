"""What is missing before the service may open to the public."""

from typing import Any

from django.core.checks import CheckMessage, Info, Tags, register

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

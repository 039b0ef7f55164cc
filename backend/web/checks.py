"""What is missing before the service may open to the public."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Info, Tags, Warning, register
from django.db import Error

from backend.common.days import current_day
from backend.common.roles import serves_as_owner
from backend.web.identity import identity

MOST_DAYS = 62  # of the copy of the register: a month that was missed


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
def erased_files_stay_erased(**_kwargs: Any) -> list[CheckMessage]:
    """Warn where a restored backup would bring back those who were erased."""
    if settings.ERASED_REGISTER:
        return []
    return [
        Warning(
            "JONCTION_ERASED names no register of erased files: a restore would bring them back.",
            hint="Name a file beside the backups, on the same disk: docs/operations.md.",
            id="jonction.W005",
        )
    ]


@register(Tags.security, deploy=True)
def backups_are_encrypted(**_kwargs: Any) -> list[CheckMessage]:
    """Warn where no backup can be made but in clear."""
    if settings.BACKUP_RECIPIENTS:
        return []
    return [
        Warning(
            "JONCTION_BACKUP_RECIPIENTS names no public key: backups cannot be encrypted.",
            hint="manage.py backup_key makes one: docs/operations.md.",
            id="jonction.W006",
        )
    ]


@register(Tags.security, deploy=True)
def durations_are_decided(**_kwargs: Any) -> list[CheckMessage]:
    """Name the rules of retention that nobody has decided. An Info: they are applied as proposed."""
    from backend.privacy.rules import rules  # loads most of the service, and every command loads this module

    undecided = [rule.name for rule in rules().values() if not rule.is_decided]
    if not undecided:
        return []
    return [
        Info(
            f"fixtures/service.yaml proposes durations that nobody has decided: {', '.join(undecided)}.",
            hint="The data controller decides; then write the day: docs/privacy.md.",
            id="jonction.I002",
        )
    ]


@register(Tags.compatibility, deploy=True)
def register_copy_is_recent(**_kwargs: Any) -> list[CheckMessage]:
    """Say where the copy of the State's register is old or missing: firms then type what it would tell."""
    from backend.companies.establishments import age_of_copy  # loads models, and every command loads this module

    try:
        age = age_of_copy(on=current_day())
    except Error:
        return []
    if age is not None and age.days <= MOST_DAYS:
        return []
    return [
        Info(
            "No copy of the State's register is loaded."
            if age is None
            else f"The copy of the State's register is {age.days} days old.",
            hint="manage.py load_establishments loads the files of the month: docs/register.md.",
            id="jonction.I003",
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


@register(Tags.security, deploy=True)
def limits_are_on(**_kwargs: Any) -> list[CheckMessage]:
    """Say where one client could be in the way of all the others."""
    found: list[CheckMessage] = []
    if not settings.DEMO and not settings.TRUSTED_PROXIES:
        found.append(
            Warning(
                "JONCTION_PROXIES is 0: whoever connects is taken for the visitor, and X-Forwarded-For for nothing.",
                hint="Say how many proxies of yours stand before the site: else all visitors share one count.",
                id="jonction.W002",
            )
        )
    off = sorted(name for name in ("api_read.network", "api_match.network") if name not in settings.THROTTLES)
    if off:
        found.append(
            Warning(
                f"These limits are off: {', '.join(off)}.",
                hint="Unset JONCTION_API_READ_RATE and JONCTION_API_MATCH_RATE, unless the proxy counts requests.",
                id="jonction.W003",
            )
        )
    if not settings.DEMO and not settings.SECOND_FACTOR:
        found.append(
            Warning(
                "JONCTION_SECOND_FACTOR is 0: a password alone opens the files of firms.",
                hint="Unset it: everyone who signs in then adds an application or a security key.",
                id="jonction.W004",
            )
        )
    return found

"""Whether all that this release needs is there. The names of the parts say nothing that a stranger may not know."""

import redis
from django.conf import settings
from django.db import Error

from backend.common.releases import missing_migrations

REDIS_SECONDS = 2


def missing_parts() -> list[str]:
    """Return what is missing among ``database``, ``migrations`` and ``redis``."""
    return [*_missing_in_database(), *([] if _redis_answers() else ["redis"])]


def _missing_in_database() -> list[str]:
    try:
        return ["migrations"] if missing_migrations() else []
    except Error:
        return ["database"]


def _redis_answers() -> bool:
    timeouts = {"socket_connect_timeout": REDIS_SECONDS, "socket_timeout": REDIS_SECONDS}
    try:
        with redis.Redis.from_url(settings.REDIS_URL, **timeouts) as client:
            return bool(client.ping())
    except redis.RedisError:
        return False

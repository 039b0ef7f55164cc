from typing import Any

from django.core.cache import caches
from django.core.cache.backends.redis import RedisCache
from redis.backoff import NoBackoff
from redis.retry import Retry


class Counters(RedisCache):
    """Counts kept in Redis. A page must not wait for them: redis-py's own defaults try ten times for 5 s."""

    def __init__(self, server: str, params: dict[str, Any]) -> None:
        options = {"socket_connect_timeout": 0.5, "socket_timeout": 0.5, "retry": Retry(NoBackoff(), 0)}
        super().__init__(server, {**params, "OPTIONS": options})


def count_one(key: str, seconds: int) -> int:
    """Add one to a count that is kept for so long, and return it.

    Two commands that Redis runs whole each. Raises ``RedisError`` where it does not answer, ``ValueError`` where it
    was emptied between the two.
    """
    cache = caches["counters"]
    cache.add(key, 0, seconds)
    return cache.incr(key)

from typing import Any, cast

from django.core.cache import caches
from django.core.cache.backends.redis import RedisCache
from redis.backoff import NoBackoff
from redis.retry import Retry


class Counters(RedisCache):
    """Counts kept in Redis. A page must not wait for them: redis-py's own defaults try ten times for 5 s."""

    def __init__(self, server: str, params: dict[str, Any]) -> None:
        options = {"socket_connect_timeout": 0.5, "socket_timeout": 0.5, "retry": Retry(NoBackoff(), 0)}
        super().__init__(server, {**params, "OPTIONS": options})

    def count_one(self, key: str, seconds: int) -> int:
        """Add one to a count that is kept for so long, and return it; both at once, in one message to Redis.

        Raises ``RedisError`` where it does not answer.
        """
        name = self.make_and_validate_key(key)
        pipeline = self._cache.get_client(name, write=True).pipeline()
        pipeline.set(name, 0, ex=seconds, nx=True)
        pipeline.incr(name)
        return int(pipeline.execute()[-1])


def count_one(key: str, seconds: int) -> int:
    """Add one to a count that is kept for so long, and return it; ``RedisError`` where Redis does not answer."""
    counters = cast("Counters", caches["counters"])
    return counters.count_one(key, seconds)

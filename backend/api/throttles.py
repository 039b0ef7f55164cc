"""How many requests an address may make; counted in Redis, and let through where Redis does not answer."""

import logging
from typing import TYPE_CHECKING, Any

from redis.exceptions import RedisError
from rest_framework.request import Request
from rest_framework.settings import api_settings
from rest_framework.throttling import AnonRateThrottle

if TYPE_CHECKING:
    from rest_framework.views import APIView

logger = logging.getLogger(__name__)


class _Throttle(AnonRateThrottle):
    scope: str

    def get_rate(self) -> Any:
        # Read at each request: the class attribute of the library keeps what it was when the module was loaded.
        return api_settings.DEFAULT_THROTTLE_RATES[self.scope]

    def allow_request(self, request: Request, view: "APIView") -> bool:
        try:
            return super().allow_request(request, view)
        except RedisError as error:
            logger.warning("The API is not throttled, since Redis does not answer: %s", error)
            return True


class ReadThrottle(_Throttle):
    scope = "api_read"


class MatchThrottle(_Throttle):
    scope = "api_match"

"""How many requests a network or a key may make: the limits of the site, as Django REST framework asks for them."""

from typing import TYPE_CHECKING

from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from backend.accounts.models import ApiKey
from backend.common.throttles import client_network, spend

if TYPE_CHECKING:
    from rest_framework.views import APIView


class _Throttle(BaseThrottle):
    limit: str
    _wait = 0

    def allow_request(self, request: Request, view: "APIView") -> bool:
        self._wait = spend(self.limit, client_network(request._request))
        return not self._wait

    def wait(self) -> float | None:
        return self._wait or None


class _KeyThrottle(_Throttle):
    def allow_request(self, request: Request, view: "APIView") -> bool:
        self._wait = spend(self.limit, str(request.auth.pk)) if isinstance(request.auth, ApiKey) else 0
        return not self._wait


class FilingThrottle(_KeyThrottle):
    limit = "partner_filing.key"


class StatusThrottle(_KeyThrottle):
    limit = "partner_status.key"


class ReadThrottle(_Throttle):
    limit = "api_read.network"


class MatchThrottle(_Throttle):
    limit = "api_match.network"

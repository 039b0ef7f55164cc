"""The key of a partner's tool, in ``Authorization: Bearer``: whose it is, what it permits, how often it serves."""

from typing import TYPE_CHECKING, Any

from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed, NotAuthenticated, Throttled
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from backend.accounts.api_keys import find_api_key
from backend.accounts.models import ApiKey, ApiScope
from backend.api.errors import Refused
from backend.api.views.base import PublicView
from backend.common.throttles import client_network, spend

if TYPE_CHECKING:
    from rest_framework.views import APIView

MISSING = "Donnez une clé dans l’en-tête « Authorization: Bearer jonction_… »."
WRONG = "Cette clé n’ouvre rien : elle est fausse, révoquée ou terminée. Demandez-en une autre au chef de projet."


class KeyAuthentication(BaseAuthentication):
    """Finds the key of a request. Wrong ones slow down the network that tries them; a right one opens all the same."""

    def authenticate(self, request: Request) -> tuple[None, ApiKey] | None:
        scheme, _, secret = get_authorization_header(request).partition(b" ")
        if scheme.lower() != b"bearer":
            return None
        key = find_api_key(secret.strip().decode("latin-1"))
        if key is None:
            if wait := spend("partner_key.network", client_network(request._request)):
                raise Throttled(wait)
            raise AuthenticationFailed(WRONG)
        return None, key

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="Jonction"'


class HasScope(BasePermission):
    def has_permission(self, request: Request, view: "APIView") -> bool:
        if not isinstance(request.auth, ApiKey):
            raise NotAuthenticated(MISSING)
        scope: ApiScope = getattr(view, "scope")  # noqa: B009 -- of KeyedView alone
        if scope not in request.auth.scopes:
            raise Refused("portee-absente", detail=f"Cette clé n’a pas la portée « {scope} » ({scope.label}).")
        return True


class KeyedView(PublicView):
    """What only a key opens. Which methods there are is said without one."""

    scope: ApiScope
    authentication_classes = [KeyAuthentication]
    permission_classes = [HasScope]

    def get_permissions(self) -> list[Any]:
        method = str(self.request.method)
        return [] if method == "OPTIONS" or method not in self.allowed_methods else [*super().get_permissions()]

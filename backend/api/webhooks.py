"""What the OpenAPI document says of webhooks: what partners' programs receive. ``backend/webhooks`` sends it."""

from drf_spectacular.utils import OpenApiResponse, OpenApiWebhook, extend_schema

from backend.api.serializers.webhooks import SchemeEventSerializer

SCHEME_EVENTS = OpenApiWebhook(
    name="scheme",
    decorator=extend_schema(
        summary="Une fiche du catalogue public paraît, change ou est retirée",
        description=(
            "Envoyé au logiciel d’un partenaire, selon Standard Webhooks 1.0.0 (https://www.standardwebhooks.com) : "
            "`webhook-id`, le même à chaque tentative, `webhook-timestamp` et `webhook-signature` (HMAC-SHA256). "
            "Un envoi sans réponse 2xx sous 15 secondes est retenté pendant trois jours."
        ),
        tags=["Webhooks"],
        request=SchemeEventSerializer,
        responses={"2XX": OpenApiResponse(description="Reçu.")},
    ),
)

"""What the OpenAPI document says of webhooks: what partners' programs receive. ``backend/webhooks`` sends it."""

from typing import Any

from drf_spectacular.utils import OpenApiResponse, OpenApiWebhook, extend_schema
from rest_framework import serializers

from backend.webhooks.models import Endpoint


class SchemeEventDataSerializer(serializers.Serializer[Any]):
    key = serializers.CharField(help_text="Clé du dispositif, comme `hdf-aden`.")
    uuid = serializers.UUIDField(help_text="Identifiant universel du dispositif.")
    revision = serializers.IntegerField(min_value=1, help_text="Numéro de la version en vigueur.")
    url = serializers.URLField(help_text="Son adresse dans l’API ; 404 ou 301 une fois retiré.")


class SchemeEventSerializer(serializers.Serializer[Any]):
    type = serializers.ChoiceField([(event.value, event.label) for event in Endpoint.EVENTS])
    timestamp = serializers.DateTimeField(help_text="Quand c’est arrivé.")
    data = SchemeEventDataSerializer(help_text="La fiche, et où la lire.")


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

"""What a webhook says of a scheme. ``schemes/catalogue/announcing.py`` writes it."""

from typing import Any

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

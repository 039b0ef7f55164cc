"""Perimeters as they are written in answers."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.reverse import reverse

from backend.territories.models import Perimeter


class PlaceSummarySerializer(serializers.ModelSerializer[Perimeter]):
    code = serializers.CharField(help_text="Code de l’API : l’échelle puis le code officiel, comme `COM-60159`.")
    url = serializers.SerializerMethodField(help_text="Adresse du périmètre.")
    kind = serializers.ChoiceField(choices=Perimeter.Kind.choices, help_text="Nature.")
    name = serializers.CharField(help_text="Nom officiel.")
    usual_name = serializers.SerializerMethodField(
        help_text="Nom d’usage d’une intercommunalité que le service sert ; null pour les autres."
    )
    official_code = serializers.CharField(help_text="Code INSEE ou SIREN, sans l’échelle.")
    postcodes = serializers.ListField(child=serializers.CharField(), help_text="Codes postaux d’une commune.")
    population = serializers.IntegerField(allow_null=True, help_text="Population municipale ; null : pas connue.")

    class Meta:
        model = Perimeter
        fields = ["code", "url", "kind", "name", "usual_name", "official_code", "postcodes", "population"]

    @extend_schema_field({"type": "string", "format": "uri"})
    def get_url(self, place: Perimeter) -> str:
        return str(reverse("api:perimeter", [place.code], request=self.context["request"]))

    def get_usual_name(self, place: Perimeter) -> str | None:
        served = getattr(place, "served", None)
        return served.usual_name if served else None


class AroundSerializer(serializers.Serializer[Any]):
    code = serializers.CharField(help_text="Code.")
    kind = serializers.ChoiceField(choices=Perimeter.Kind.choices, help_text="Nature.")
    name = serializers.CharField(help_text="Nom.")


class ZoneAnswerSerializer(serializers.Serializer[Any]):
    code = serializers.CharField(help_text="Code de la zone.")
    name = serializers.CharField(help_text="Nom de la zone.")
    inside = serializers.BooleanField(
        allow_null=True, help_text="true : dedans ; false : dehors ; null : la liste n’est pas tenue ici."
    )


class PlaceSerializer(PlaceSummarySerializer):
    note = serializers.CharField(allow_blank=True, help_text="Remarque, avec la source d’une zone.")
    around = serializers.SerializerMethodField(help_text="Ce qui le contient aujourd’hui, zones à part.")
    zones = serializers.SerializerMethodField(help_text="Pour une commune, sa situation dans chaque zone connue.")

    class Meta(PlaceSummarySerializer.Meta):
        fields = [*PlaceSummarySerializer.Meta.fields, "note", "around", "zones"]

    @extend_schema_field(AroundSerializer(many=True))
    def get_around(self, place: Perimeter) -> list[dict[str, Any]]:
        return list(AroundSerializer(self.context["around"], many=True).data)

    @extend_schema_field(ZoneAnswerSerializer(many=True))
    def get_zones(self, place: Perimeter) -> list[dict[str, Any]]:
        return list(ZoneAnswerSerializer(self.context["zones"], many=True).data)

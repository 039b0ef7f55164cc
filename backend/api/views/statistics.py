"""The published tables of files: what anybody reads of how the service is used, as of the end of a month."""

from typing import Any

from django.urls import reverse
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from backend.api.views.base import ReadingView
from backend.common.days import current_day
from backend.schemes.open_data.licence import LICENCE, LICENCE_URL
from backend.steering.disclosure import Cell, Hidden, Table
from backend.steering.published import DEFINITIONS, first_day, published

HIDDEN = {Hidden.FEW: "few", Hidden.KEPT_BACK: "kept_back"}


class CellSerializer(serializers.Serializer[Any]):
    epci = serializers.CharField(help_text="Intercommunalité.")
    column = serializers.CharField(help_text="Besoin ou taille, selon le tableau.")
    files = serializers.IntegerField(
        allow_null=True, help_text="Demandes, au multiple de 5 le plus proche ; nul où le nombre n’est pas dit."
    )
    hidden = serializers.ChoiceField(
        choices=[*HIDDEN.values()],
        allow_null=True,
        help_text="Pourquoi il n’est pas dit : `few`, de 0 à 4 ; `kept_back`, un petit nombre pourrait s’en déduire.",
    )


class TableSerializer(serializers.Serializer[Any]):
    name = serializers.CharField(help_text="Nom du tableau : `besoins` ou `tailles`.")
    csv = serializers.URLField(help_text="Le même en CSV.")
    cells = CellSerializer(many=True, help_text="Une ligne par intercommunalité et par colonne.")


class StatisticsSerializer(serializers.Serializer[Any]):
    licence = serializers.CharField(help_text="Licence sous laquelle ces chiffres peuvent être repris.")
    licence_url = serializers.URLField(help_text="Texte de la licence.")
    until = serializers.DateField(
        allow_null=True, help_text="Dernier jour compté ; nul tant qu’aucun mois n’est publié."
    )
    next_on = serializers.DateField(help_text="Premier jour où ces tableaux changeront.")
    definitions = serializers.DictField(child=serializers.CharField(), help_text="Ce que veut dire chaque mot.")
    tables = TableSerializer(many=True, help_text="Les tableaux publiés.")


class StatisticsView(ReadingView):
    def state(self) -> str:
        """The tables are written once a month; what they may be read under changes with the code only."""
        found = published()
        return f"{found.until if found else None} {first_day(current_day())}"

    @extend_schema(
        operation_id="read_statistics",
        summary="Statistiques",
        description=(
            "Demandes confirmées depuis l’ouverture, par intercommunalité et besoin, et par intercommunalité et taille"
            " ; arrêtées à la fin d’un mois. Aucun petit nombre n’y figure ni ne s’en déduit."
        ),
        tags=["Statistiques"],
        responses=StatisticsSerializer,
    )
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Any:
        return super().get(request, *args, **kwargs)

    def read(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        found = published()
        content = {
            "licence": LICENCE,
            "licence_url": LICENCE_URL,
            "until": found.until if found else None,
            "next_on": first_day(current_day()),
            "definitions": DEFINITIONS,
            "tables": [_table(table, request) for table in found.tables] if found else [],
        }
        return Response(StatisticsSerializer(content).data)


def _table(table: Table, request: Request) -> dict[str, Any]:
    csv = request.build_absolute_uri(reverse("statistics_file", args=[table.name]))
    cells = [_cell(epci, column, cell) for epci, row in table.by_epci() for column, cell in row]
    return {"name": table.name, "csv": csv, "cells": cells}


def _cell(epci: str, column: str, cell: Cell) -> dict[str, Any]:
    said = {"files": None, "hidden": HIDDEN[cell]} if isinstance(cell, Hidden) else {"files": cell, "hidden": None}
    return {"epci": epci, "column": column, **said}

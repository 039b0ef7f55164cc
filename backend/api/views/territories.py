"""Perimeters of the official code and zones, and who contains whom."""

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import generics, mixins
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from backend.api.filters import PlaceFilter
from backend.api.serializers.territories import PlaceSerializer, PlaceSummarySerializer
from backend.api.views.base import ReadingView
from backend.common.days import current_day
from backend.territories.models import Containment, Perimeter
from backend.territories.services import geography_state


class GeographyView(ReadingView, generics.GenericAPIView[Perimeter]):
    queryset = Perimeter.objects.select_related("served")

    def state(self) -> str:
        return geography_state()


@extend_schema_view(
    get=extend_schema(
        operation_id="list_perimeters",
        summary="Périmètres",
        description="Communes, intercommunalités, départements, régions et zones, par page. Les filtres se cumulent.",
        tags=["Périmètres"],
    )
)
class PerimeterListView(GeographyView, mixins.ListModelMixin):
    serializer_class = PlaceSummarySerializer
    filterset_class = PlaceFilter
    parameters = ("page", "page_size")

    def read(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return self.list(request)


@extend_schema_view(
    get=extend_schema(
        operation_id="read_perimeter",
        summary="Un périmètre",
        description="Un périmètre, ce qui le contient, et pour une commune sa situation dans chaque zone connue.",
        tags=["Périmètres"],
        parameters=[
            OpenApiParameter(
                "code",
                {"type": "string", "format": "perimeter"},
                OpenApiParameter.PATH,
                description="Code, comme `COM-60159`.",
            )
        ],
    )
)
class PerimeterView(GeographyView):
    serializer_class = PlaceSerializer

    def read(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        place = self.get_queryset().filter(code=kwargs["code"]).first()
        if place is None:
            raise NotFound(f"Aucun périmètre n’a le code « {kwargs['code']} ».")
        context = {**self.get_serializer_context(), "around": _around(place), "zones": _zones(place)}
        return Response(PlaceSerializer(place, context=context).data)


def _around(place: Perimeter) -> QuerySet[Perimeter]:
    return Perimeter.objects.around(place, on=current_day()).exclude(kind=Perimeter.Kind.ZONE)


def _zones(place: Perimeter) -> list[dict[str, Any]]:
    """Say of each zone whether a commune is in it, out of it, or whether nobody knows."""
    if place.kind != Perimeter.Kind.COMMUNE:
        return []
    links = Containment.objects.valid(current_day()).filter(inner=place, outer__kind=Perimeter.Kind.ZONE)
    held = dict(links.values_list("outer__code", "holds"))
    return [
        {"code": zone.code, "name": zone.name, "inside": held.get(zone.code)} for zone in Perimeter.objects.zones()
    ]

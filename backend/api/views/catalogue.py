"""Published schemes, whole or by page, and the needs they serve. Never a draft, never a source that is not ours."""

from typing import Any

from django.db.models import F, Prefetch, QuerySet
from django.urls import reverse
from drf_spectacular.utils import (
    OpenApiParameter,
    OpenApiResponse,
    extend_schema,
    extend_schema_view,
    inline_serializer,
)
from rest_framework import generics, mixins, serializers, status
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from backend.api.filters import ArchivedFilter, SchemeFilter
from backend.api.serializers.catalogue import (
    ArchivedSerializer,
    NeedSerializer,
    SchemeSerializer,
    SchemeSummarySerializer,
)
from backend.api.views.base import ReadingView
from backend.common.days import current_day
from backend.schemes.catalogue.state import catalogue_state, digest
from backend.schemes.catalogue.succession import keys_that_lead_to, successor_of
from backend.schemes.models import Criterion, OperatorRole, Relation, Revision, Scheme, ServedNeed, TaxonomyNeed
from backend.schemes.open_data.licence import LICENCE, LICENCE_URL

PAGE = ("page", "page_size")
DUMP = inline_serializer(
    "Dump",
    {
        "licence": serializers.CharField(help_text="Licence sous laquelle les fiches peuvent être reprises."),
        "licence_url": serializers.URLField(help_text="Texte de la licence."),
        "on": serializers.DateField(help_text="Jour pour lequel les phrases sont écrites."),
        "count": serializers.IntegerField(help_text="Nombre de dispositifs."),
        "schemes": SchemeSerializer(many=True, help_text="Les fiches, par clé."),
    },
)


def in_force() -> QuerySet[Revision]:
    """Revisions that published schemes of our own source are at, with what a summary shows."""
    published = Scheme.objects.of_source(Scheme.OWN).published()
    found = Revision.objects.filter(scheme__in=published, scheme__current=F("pk")).select_related("scheme")
    # What teaches a sub-need is long, and would come with each scheme that serves it.
    needs = ServedNeed.objects.select_related("sub_need").defer("sub_need__words", "sub_need__sentences")
    needs = needs.order_by("-weight", "sub_need__position")
    return found.order_by("scheme__source_key").prefetch_related(
        Prefetch("roles", queryset=OperatorRole.objects.select_related("operator").order_by("position", "pk")),
        Prefetch("served_needs", queryset=needs),
    )


def with_all(revisions: QuerySet[Revision]) -> QuerySet[Revision]:
    """Add what a whole sheet shows."""
    return revisions.prefetch_related(
        "sources",
        Prefetch("criteria", queryset=Criterion.objects.select_related("source")),
        Prefetch("relations", queryset=Relation.objects.select_related("source")),
    )


class CatalogueView(ReadingView, generics.GenericAPIView[Any]):
    def state(self) -> str:
        return catalogue_state(Scheme.objects.of_source(Scheme.OWN).published())


class SheetView(CatalogueView):
    serializer_class = SchemeSerializer

    def get_queryset(self) -> QuerySet[Revision]:
        return with_all(in_force())

    def get_serializer_context(self) -> dict[str, Any]:
        published = Scheme.objects.of_source(Scheme.OWN).published()
        keys = set(published.values_list("source_key", flat=True))
        return {**super().get_serializer_context(), "published": keys}


@extend_schema_view(
    get=extend_schema(
        operation_id="list_schemes",
        summary="Dispositifs publiés",
        description="Les dispositifs publiés, par page, un résumé chacun. Les filtres se cumulent.",
        tags=["Dispositifs"],
    )
)
class SchemeListView(CatalogueView, mixins.ListModelMixin):
    serializer_class = SchemeSummarySerializer
    filterset_class = SchemeFilter
    parameters = PAGE

    def get_queryset(self) -> QuerySet[Revision]:
        return in_force()

    def read(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return self.list(request)


@extend_schema_view(
    get=extend_schema(
        operation_id="read_scheme",
        summary="Un dispositif",
        description="La fiche entière de la version en vigueur : conditions, sources, montants, dates, porteurs. "
        "Une fiche réunie à une autre mène à celle-ci.",
        responses={
            200: SchemeSerializer,
            301: OpenApiResponse(description="La fiche est réunie à une autre, dont « Location » donne l’adresse."),
        },
        tags=["Dispositifs"],
        parameters=[
            OpenApiParameter(
                "key",
                {"type": "string", "format": "scheme"},
                OpenApiParameter.PATH,
                description="Clé du dispositif, comme `hdf-aden`.",
            )
        ],
    )
)
class SchemeView(SheetView):
    def read(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        revision = self.get_queryset().filter(scheme__source_key=kwargs["key"]).first()
        if revision is None:
            gone = Scheme.objects.of_source(Scheme.OWN).filter(source_key=kwargs["key"]).first()
            if last := successor_of(gone) if gone else None:
                address = reverse("api:scheme", args=[last.source_key])
                return Response(status=status.HTTP_301_MOVED_PERMANENTLY, headers={"Location": address})
            raise NotFound(f"Aucun dispositif publié n’a la clé « {kwargs['key']} ».")
        return Response(self.get_serializer(revision).data)


@extend_schema_view(
    get=extend_schema(
        operation_id="dump_schemes",
        summary="Tous les dispositifs en un fichier",
        description="Les fiches entières de tous les dispositifs publiés, par clé.",
        tags=["Dispositifs"],
        responses=OpenApiResponse(DUMP, description="Le fichier."),
    )
)
class SchemeDumpView(SheetView):
    pagination_class = None

    def read(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        schemes = self.get_serializer(self.get_queryset(), many=True).data
        name = f"jonction-dispositifs-{current_day()}.json"
        return Response(
            {
                "licence": LICENCE,
                "licence_url": LICENCE_URL,
                "on": str(current_day()),
                "count": len(schemes),
                "schemes": schemes,
            },
            headers={"Content-Disposition": f'attachment; filename="{name}"'},
        )


@extend_schema_view(
    get=extend_schema(
        operation_id="list_archived_schemes",
        summary="Dispositifs retirés",
        description="Les dispositifs qui ont été publiés et ne le sont plus, par page : ce qu’une copie doit oublier.",
        tags=["Dispositifs"],
    )
)
class ArchivedListView(ReadingView, generics.GenericAPIView[Any], mixins.ListModelMixin):
    serializer_class = ArchivedSerializer
    filterset_class = ArchivedFilter
    parameters = PAGE

    def get_queryset(self) -> QuerySet[Scheme]:
        archived = Scheme.objects.shown().filter(state=Scheme.State.ARCHIVED)
        return archived.select_related("current").order_by("source_key")

    def get_serializer_context(self) -> dict[str, Any]:
        return {**super().get_serializer_context(), "successors": keys_that_lead_to()}

    def state(self) -> str:
        return digest([catalogue_state(self.get_queryset()), *map(str, sorted(keys_that_lead_to().items()))])

    def read(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return self.list(request)


@extend_schema_view(
    get=extend_schema(
        operation_id="list_needs",
        summary="Besoins et sous-besoins",
        description="La taxonomie : ce qu’une question peut demander et ce qu’un dispositif peut servir.",
        tags=["Besoins"],
    )
)
class NeedListView(CatalogueView, mixins.ListModelMixin):
    serializer_class = NeedSerializer
    queryset = TaxonomyNeed.objects.prefetch_related("sub_needs")
    parameters = PAGE

    def read(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return self.list(request)

"""The ways in: the index, the document, the page a person reads, and every address that is none."""

from typing import Any

from django.urls import Resolver404, resolve, reverse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse as absolute

from backend.api.documentation import Generator
from backend.api.errors import KINDS
from backend.api.views.base import PublicView, ReadingView
from backend.common.days import current_day
from backend.schemes.models import criterion_schema

ENTRIES = (
    "schemes",
    "dump",
    "needs",
    "perimeters",
    "statistics",
    "match",
    "submissions",
    "schema",
    "criterion_schema",
)


class IndexSerializer(serializers.Serializer[Any]):
    version = serializers.CharField(help_text="Version de l’API.")
    on = serializers.DateField(help_text="Jour du service.")
    documentation = serializers.URLField(help_text="Page à lire.")
    links = serializers.DictField(child=serializers.URLField(), help_text="Adresses de l’API, par nom.")


class IndexView(ReadingView):
    def state(self) -> str:
        return ""

    @extend_schema(
        operation_id="index",
        summary="Entrées de l’API",
        description="Les adresses de cette version.",
        tags=["Entrées"],
        responses=IndexSerializer,
    )
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Any:
        return super().get(request, *args, **kwargs)

    def read(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        links = {name: absolute(f"api:{name}", request=request) for name in ENTRIES}
        documentation = absolute("api:documentation", request=request)
        return Response({"version": "1", "on": str(current_day()), "documentation": documentation, "links": links})


class CriterionSchemaView(ReadingView):
    """The JSON Schema of criteria, made from the engine that reads them."""

    def state(self) -> str:
        return ""

    @extend_schema(
        operation_id="criterion_schema",
        summary="Schéma des critères",
        description="Le schéma JSON (2020-12) d’un critère d’éligibilité, tel qu’il figure dans une fiche.",
        tags=["Entrées"],
        responses=OpenApiTypes.OBJECT,
    )
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Any:
        return super().get(request, *args, **kwargs)

    def read(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return Response(criterion_schema())


class DocumentView(ReadingView, SpectacularAPIView):
    """The OpenAPI document: YAML, or JSON as ``Accept`` asks; ``as_view(renderer_classes=…)`` has one only."""

    schema = None
    generator_class = Generator

    def state(self) -> str:
        return ""

    def read(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return self._get_schema_response(request)  # type: ignore[no-any-return, no-untyped-call]


class DocumentationView(SpectacularSwaggerSplitView):
    """The page a person reads; its script comes from the same address, so that the policy needs nothing inline."""

    schema = None
    template_name = "api/documentation.html"
    template_name_js = "api/documentation.js"
    url_name = "api:schema"
    title = "API de Jonction"

    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        response: Response = super().get(request, *args, **kwargs)  # type: ignore[no-untyped-call]
        response.data["kinds"] = KINDS.values()
        return response


class UnknownView(PublicView):
    """Every other address."""

    schema = None

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        raise NotFound(_hint(request.path))


def _hint(path: str) -> str:
    """Name the address that was probably meant: a slash too few or too many is the common mistake."""
    meant = path.rstrip("/") if path.endswith("/") else f"{path}/"
    try:
        found = resolve(meant)
    except Resolver404:
        found = None
    index = reverse("api:index")
    if found is None or found.url_name == "unknown":
        return f"Il n’y a rien à l’adresse {path} ; les adresses sont à {index}."
    return f"Il n’y a rien à l’adresse {path} ; attendu : {meant}."

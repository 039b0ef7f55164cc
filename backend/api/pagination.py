"""Pages of a list: a number that is none is refused rather than corrected in silence."""

import re
from typing import Any

from django.core.paginator import Paginator
from rest_framework.pagination import PageNumberPagination
from rest_framework.request import Request

from backend.api.errors import refuse_parameter
from backend.api.parameters import sentence

_NUMBER = re.compile(r"0*[1-9]\d*", re.ASCII)


class Pages(PageNumberPagination):
    page_size = 20
    max_page_size = 100
    page_size_query_param = "page_size"
    invalid_page_message = "La page {page_number} n’existe pas : la liste s’arrête avant."

    def get_page_number(self, request: Request, paginator: "Paginator[Any]") -> str:
        number = request.query_params.get("page", "1")
        if not _NUMBER.fullmatch(number):
            refuse_parameter("page", sentence(number, "un nombre entier à partir de 1"))
        return number

    def get_page_size(self, request: Request) -> int:
        given = request.query_params.get("page_size")
        if given is None:
            return self.page_size
        if not _NUMBER.fullmatch(given) or len(given) > 9 or int(given) > self.max_page_size:
            refuse_parameter("page_size", sentence(given, f"un nombre entier de 1 à {self.max_page_size}"))
        return int(given)

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        return [
            {
                "name": "page",
                "in": "query",
                "required": False,
                "description": "Numéro de la page, à partir de 1. Une page après la dernière donne 404.",
                "schema": {"type": "integer", "minimum": 1, "default": 1},
            },
            {
                "name": "page_size",
                "in": "query",
                "required": False,
                "description": "Nombre d’éléments par page.",
                "schema": {"type": "integer", "minimum": 1, "maximum": self.max_page_size, "default": self.page_size},
            },
        ]

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        link = {"type": ["string", "null"], "format": "uri"}
        return {
            "type": "object",
            "required": ["count", "next", "previous", "results"],
            "properties": {
                "count": {"type": "integer", "description": "Nombre d’éléments, toutes pages comprises."},
                "next": {**link, "description": "Adresse de la page suivante ; null à la dernière."},
                "previous": {**link, "description": "Adresse de la page précédente ; null à la première."},
                "results": {**schema, "description": "Les éléments de la page."},
            },
        }

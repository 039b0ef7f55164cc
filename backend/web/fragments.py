"""A part of a page, for who opens it in place, and the whole page for everybody else."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers


def render_fragment(
    request: HttpRequest, fragment: str, page: str, context: dict[str, Any], *, status: int = 200
) -> HttpResponse:
    """Render a template for htmx, and the page that holds it without."""
    is_part = bool(fragment) and request.htmx  # type: ignore[attr-defined]
    response = render(request, fragment if is_part else page, context, status=status)
    patch_vary_headers(response, ["HX-Request"])
    return response

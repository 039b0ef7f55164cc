"""The catalogue as files that anybody may take, and the addresses of its pages for search engines."""

import json
from collections.abc import Iterable
from datetime import datetime
from io import BytesIO, StringIO

from django.contrib.sitemaps import Sitemap
from django.contrib.sitemaps import views as sitemaps
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from backend.common import generic_classes  # noqa: F401 -- classes take their type
from backend.common.days import current_day
from backend.common.throttles import client_network, spend
from backend.notifications.services import absolute_url
from backend.schemes.catalogue.national.published import read_published
from backend.schemes.models import Scheme
from backend.schemes.open_data import schema
from backend.schemes.open_data.exports import SCHEMA, sidecar_of, write_csv
from backend.schemes.open_data.licence import LICENCE, LICENCE_URL
from backend.web.identity import identity
from backend.web.published import structured
from backend.web.published.conditional import same_for_all
from backend.web.throttles import too_many_requests

# Name of an address → media type and name of the file.
FORMATS = {
    "csv": ("text/csv; charset=utf-8", "dispositifs-schema-national-{on}.csv"),
    "xlsx": (
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "dispositifs-schema-national-{on}.xlsx",
    ),
    "json": ("application/json", "dispositifs-complement-{on}.json"),
}


@require_safe
@same_for_all
def files(request: HttpRequest) -> HttpResponse:
    """Say what there is to take, in which form and under which licence."""
    on = current_day()
    downloads = [
        (name, media_type.partition(";")[0], absolute_url("download", name))
        for name, (media_type, _) in FORMATS.items()
    ]
    downloads.append(("API", "application/json", absolute_url("api:dump")))
    context = {
        "canonical": absolute_url("open_data"),
        "on": on,
        "n_schemes": Scheme.objects.shown().published().count(),
        "licence": LICENCE,
        "licence_url": LICENCE_URL,
        "schema": SCHEMA,
        "structured": structured.as_script(
            structured.dataset(files=downloads, changed_on=on.isoformat(), publisher=identity().publisher_name)
        ),
    }
    return render(request, "web/published/open_data.html", context)


@require_safe
@same_for_all
def download(request: HttpRequest, format: str) -> HttpResponse:
    """Give the whole catalogue at the national schema, as text or as a workbook, or what the schema cannot say."""
    if format not in FORMATS:
        raise Http404
    if wait := spend("download.network", client_network(request)):
        return too_many_requests(request, wait=wait)
    media_type, name = FORMATS[format]
    published = read_published(on=current_day())
    response = HttpResponse(content_type=media_type)
    if format == "csv":
        text = StringIO(newline="")
        write_csv(published.rows, text)
        response.content = text.getvalue().encode()
    elif format == "xlsx":
        from backend.schemes.open_data.workbook import write_workbook  # no other format waits for its library

        content = BytesIO()
        write_workbook(published.rows, content)
        response.content = content.getvalue()
    else:
        response.content = json.dumps(sidecar_of(published), ensure_ascii=False).encode()
    response.headers["Content-Disposition"] = f'attachment; filename="{name.format(on=published.on)}"'
    response.headers["Link"] = f'<{LICENCE_URL}>; rel="license"'
    return response


@require_safe
def sidecar_schema(request: HttpRequest) -> HttpResponse:
    """Give the JSON Schema of what the national schema cannot say."""
    return JsonResponse(schema.sidecar_schema(), content_type="application/schema+json")


class _Public[T](Sitemap[T]):
    """Addresses are those of the public service, whatever host this process was asked under."""

    def get_domain(self, site: object = None) -> str:
        return absolute_url("home").partition("://")[2].rstrip("/")

    def get_protocol(self, protocol: str | None = None) -> str:
        return absolute_url("home").partition("://")[0]


class Pages(_Public[str]):
    def items(self) -> Iterable[str]:
        return ["home", "public_schemes", "open_data", "transparency", "contact", "accessibility"]

    def location(self, item: str) -> str:
        return reverse(item)


class Schemes(_Public[Scheme]):
    def items(self) -> Iterable[Scheme]:
        return Scheme.objects.shown().published().select_related("current").order_by("source_key")

    def location(self, item: Scheme) -> str:
        return reverse("public_scheme", args=[item.source_key])

    def lastmod(self, item: Scheme) -> datetime | None:
        return item.current.recorded_at if item.current else None


@require_safe
@same_for_all
def sitemap(request: HttpRequest) -> HttpResponse:
    return sitemaps.sitemap(request, {"pages": Pages(), "schemes": Schemes()}).render()

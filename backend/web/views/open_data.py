"""The catalogue as files that anybody may take, and the addresses of its pages for search engines."""

from collections.abc import Iterable
from datetime import datetime

from django.contrib.sitemaps import Sitemap
from django.contrib.sitemaps import views as sitemaps
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from backend.notifications.services import absolute_url
from backend.schemes.models import Scheme
from backend.web.published.conditional import same_for_all


@require_safe
@same_for_all
def files(request: HttpRequest) -> HttpResponse:
    return render(request, "web/published/open_data.html", {"canonical": absolute_url("open_data")})


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

"""Documents to keep or to hand over: templates of ours as PDF/UA-1, which screen readers read in order."""

from collections.abc import Mapping
from typing import Any, Never

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string

from backend.web.access import private


def render_pdf(request: HttpRequest, template: str, context: Mapping[str, Any], *, filename: str) -> HttpResponse:
    """Render a template that extends ``web/pdf/base.html`` as a file to download; it fetches nothing."""
    html = render_to_string(template, dict(context), request=request)
    response = HttpResponse(pdf_of(html), content_type="application/pdf")
    response.headers["Content-Disposition"] = f'attachment; filename="{filename}.pdf"'
    return private(response)


def pdf_of(html: str) -> bytes:
    """Return a page as tagged PDF; raise ``ValueError`` where it names an image or a style sheet to fetch."""
    from weasyprint import HTML
    from weasyprint.urls import FatalURLFetchingError, URLFetcher

    class Nothing(URLFetcher):  # type: ignore[misc]
        def fetch(self, url: str, headers: Any = None) -> Never:
            raise FatalURLFetchingError(url)

    try:
        content: bytes = HTML(string=html, url_fetcher=Nothing()).write_pdf(pdf_variant="pdf/ua-1")
    except FatalURLFetchingError as error:
        raise ValueError(f"A document fetches nothing, and this one names {error}.") from error
    return content

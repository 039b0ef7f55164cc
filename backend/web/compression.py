"""Answers are compressed, where nobody can learn a secret from how long they are (docs/adr/0029)."""

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware

WORDS = ("text/", "application/json", "application/problem+json", "application/xml", "application/javascript")
OF_THIS_SITE = ("same-origin", "none")  # none: typed, or kept among the favourites


class CompressionMiddleware(GZipMiddleware):
    """Compresses pages and data; the length of what goes out is blurred by up to 100 bytes.

    Files of the site come compressed from their release, and a workbook is compressed already. What somebody's cookie
    opens stays as it is where another site asked for it.
    """

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        if response.streaming or not response.get("Content-Type", "").startswith(WORDS) or _may_be_guessed(request):
            return response
        return super().process_response(request, response)


def _may_be_guessed(request: HttpRequest) -> bool:
    """Tell whether another site may have asked, on behalf of a visitor whose session shows what it must not learn.

    It would put a guess into the address and see by the length whether the page holds the same (BREACH).
    """
    with_session = settings.SESSION_COOKIE_NAME in request.COOKIES
    return with_session and request.headers.get("Sec-Fetch-Site") not in OF_THIS_SITE

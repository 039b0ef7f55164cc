"""What every answer carries, pages and files alike."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse

type GetResponse = Callable[[HttpRequest], HttpResponse]


def more_headers(get_response: GetResponse) -> GetResponse:
    """Add the headers that Django has no setting for, to files too; a view that sets one keeps its own."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        for name, value in settings.MORE_HEADERS.items():
            response.headers.setdefault(name, value)
        return response

    return middleware

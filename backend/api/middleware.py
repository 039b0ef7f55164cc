"""Errors that no view of the API raised (a wrong host, a crash) take the shape of the others."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from backend.api.errors import CONTENT_TYPE, kind_of, problem_body

PREFIX = "/api/"


class ProblemMiddleware:
    """Outermost, so that it sees what every other middleware answers; it keeps their headers."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if (
            response.status_code >= 400
            and request.path_info.startswith(PREFIX)
            and response.get("Content-Type") != CONTENT_TYPE
        ):
            response.content = problem_body(request, kind_of(response.status_code))
            response.headers["Content-Type"] = CONTENT_TYPE
            response.headers["Content-Length"] = str(len(response.content))
            response.headers["Cache-Control"] = "no-store"
        return response

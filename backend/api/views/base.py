"""What every reading of the API shares: strict parameters, a tag, and nothing sent again to who has it already."""

from collections.abc import Collection
from typing import Any, ClassVar

import django_filters as filters
from django.http import HttpRequest, HttpResponse
from django.utils.cache import get_conditional_response, patch_cache_control
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from backend.api.parameters import check_parameters
from backend.api.state import make_tag

FRESH_SECONDS = 60  # a corrected scheme is seen within a minute; the tag makes asking again cheap


class PublicView(APIView):
    def options(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Response:
        """Say which methods there are, in the header only: the document says the rest."""
        return Response(status=204)


class ReadingView(PublicView):
    http_method_names = ["get", "head", "options"]
    parameters: ClassVar[Collection[str]] = ()

    def state(self) -> str:
        """Return a digest of everything the answer depends on, but the request, the day and the code."""
        raise NotImplementedError

    def read(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Return the whole answer."""
        raise NotImplementedError

    def get(self, request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        once, several = self._parameters()
        check_parameters(request, once=once, several=several)
        tag = make_tag(request, self.state())
        # "*" asks whether there is an answer at all: that is known only once it is made.
        anything = request.headers.get("If-None-Match", "").strip() == "*"
        answer = None if anything else get_conditional_response(request, etag=tag)
        if answer is None:
            whole = self.read(request, *args, **kwargs)
            answer = get_conditional_response(request, etag=tag, response=whole) or whole
        if answer.status_code < 400:
            answer.headers["ETag"] = tag
            patch_cache_control(answer, public=True, max_age=FRESH_SECONDS)
        return answer

    def _parameters(self) -> tuple[set[str], set[str]]:
        """Return the names that may be given once, and those that may be repeated."""
        filterset: type[filters.FilterSet] | None = getattr(self, "filterset_class", None)
        known = filterset.base_filters if filterset else {}
        several = {name for name, filter_ in known.items() if isinstance(filter_, filters.MultipleChoiceFilter)}
        return {*self.parameters, *known} - several, several

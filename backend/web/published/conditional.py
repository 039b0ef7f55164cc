"""Pages and files that say the same to every visitor: whoever holds one as it is gets nothing again.

These pages have no script and no form with a token, so that one answer may serve twice: a nonce or a token would be
of the first visitor. Who signed in has another menu, and gets a page of one's own each time.
"""

from collections.abc import Callable
from datetime import datetime, time
from functools import wraps
from typing import Any

from django.contrib import messages
from django.db.models import Max
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.cache import get_conditional_response, patch_cache_control
from django.utils.http import http_date

from backend.common.days import current_day
from backend.common.releases import code_changed_at, code_state
from backend.jobs.models import JobRun
from backend.schemes.catalogue.state import catalogue_state, digest, quotes_state
from backend.schemes.models import CatalogueTask, Scheme
from backend.web.identity import identity

type View = Callable[..., HttpResponse]


def same_for_all(view: View) -> View:
    """Give what a view answers a tag and a date, and a visitor who holds it 304."""

    @wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.user.is_authenticated or len(messages.get_messages(request)):
            response = view(request, *args, **kwargs)
            patch_cache_control(response, private=True, no_cache=True)
            return response
        tag, changed_at = _tag(request), _changed_at()
        answer = get_conditional_response(request, etag=tag, last_modified=changed_at)
        # A page that is none is told before anything: "*" and a date ask nothing of what is not there.
        if answer is None or "If-None-Match" not in request.headers or request.headers["If-None-Match"] == "*":
            whole = view(request, *args, **kwargs)
            if whole.status_code != 200:
                return whole
            answer = get_conditional_response(request, etag=tag, last_modified=changed_at, response=whole) or whole
        answer.headers["ETag"] = tag
        answer.headers["Last-Modified"] = http_date(changed_at)
        patch_cache_control(answer, public=True, no_cache=True)
        return answer

    return wrapped


def _tag(request: HttpRequest) -> str:
    """Return a weak tag, since a proxy may compress the body."""
    state = catalogue_state(Scheme.objects.shown())
    said = (state, quotes_state(), code_state(), repr(identity()))
    parts = (request.build_absolute_uri(), str(current_day()), *said)
    return f'W/"{digest(parts)[:32]}"'


def _changed_at() -> int:
    """Return when the catalogue, what its sources say, the code or the day last changed, in seconds since 1970."""
    now = timezone.now()
    scheme = Scheme.objects.shown().aggregate(last=Max("changed_at"))["last"]
    midnight = datetime.combine(current_day(), time(), tzinfo=timezone.get_current_timezone())
    looked = JobRun.objects.filter(name=CatalogueTask.Job.LINKS).aggregate(last=Max("ended_at"))["last"]
    moments = [midnight.timestamp(), code_changed_at(), *(one.timestamp() for one in (scheme, looked) if one)]
    return int(min(max(moments), now.timestamp()))

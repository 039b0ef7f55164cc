"""Where a firm comes from: the site of an organisation that leads to our first step, as that step's fields say it.

Nothing is kept before the step is sent: the code of the organisation goes from page to page. A code is no secret and
opens nothing: whoever types one is counted under it, and no more.
"""

import re
from dataclasses import dataclass
from typing import Self
from uuid import uuid4

from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.template.loader import render_to_string

from backend.accounts.models import Organisation, User
from backend.notifications.services import absolute_url

FROM = "depuis"  # the field, and the part of an address, that says a code
MARK = "arrivee"  # the field that says by which page a text came
INSTEAD = "remplace"  # the field by which a draft gives way to a text that came
MADE = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """What a first step says of where it comes from; an unknown or withdrawn code is no site."""

    site: Organisation | None = None
    mark: str = ""  # of a page that shows what was typed on another site, so that no draft gives way to it unasked

    @classmethod
    def read(cls, request: HttpRequest) -> Self:
        said = request.POST if request.method == "POST" else request.GET
        mark = request.POST.get(MARK, "")
        return cls(site=site_of(said.get(FROM, "")), mark=mark if MADE.fullmatch(mark) else "")

    @classmethod
    def with_text(cls, code: str) -> Self:
        return cls(site=site_of(code), mark=uuid4().hex)


def site_of(code: str) -> Organisation | None:
    is_code = re.fullmatch(r"[-\w]{1,40}", code, re.ASCII)
    return Organisation.objects.filter(code=code).first() if is_code else None


def speaks_for(user: User) -> QuerySet[Organisation]:
    """Return the organisations whose site somebody may lead here from: those they lead, or all of the territory's.

    Raises ``PermissionDenied`` for those who lead none and are of no partner.
    """
    posts = user.posts
    if posts.leads_territory:
        return Organisation.objects.all()
    if not posts.led and not posts.partners:
        raise PermissionDenied
    return Organisation.objects.filter(Q(epci__in=posts.led) | Q(pk__in=posts.partners))


@dataclass(frozen=True, slots=True)
class SiteLinks:
    """What an organisation copies into a page of its own site: a link, or a form of one field without any script."""

    organisation: Organisation

    @property
    def url(self) -> str:
        return absolute_url("arrive", self.organisation.code)

    @property
    def form(self) -> str:
        """Return the HTML of the form, as it is copied."""
        context = {"url": self.url, "code": self.organisation.code}
        return render_to_string("web/parts/arrival_form.html", context).strip()

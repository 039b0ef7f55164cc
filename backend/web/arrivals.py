"""Where a firm comes from: the site of an organisation that leads to our first step, as that step's fields say it.

Nothing is kept before the step is sent: the code of the organisation goes from page to page. A code is no secret and
opens nothing: whoever types one is counted under it, and no more.
"""

import re
from dataclasses import dataclass
from typing import Self
from uuid import uuid4

from django.http import HttpRequest

from backend.accounts.models import Organisation

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

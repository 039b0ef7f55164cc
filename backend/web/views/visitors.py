"""What keeps robots, and too much from one network, out of a form that anybody may send: what was typed stays."""

from typing import NamedTuple

from django.http import HttpRequest, HttpResponse

from backend.common.throttles import client_network, spend
from backend.web.forms.visitor import VisitorForm, opened_now
from backend.web.notices import Notice, press_again, too_many
from backend.web.views.answer import TRAP


class Refused(NamedTuple):
    """Why a form was not taken: what its page says, with which status, and how many seconds to wait."""

    notice: Notice
    status: int
    wait: int = 0

    def told(self, page: HttpResponse) -> HttpResponse:
        """Return the page, which says so, with what a client reads in its headers."""
        page.status_code = self.status
        if self.wait:
            page.headers["Retry-After"] = str(self.wait)
        return page


def refusal_of(request: HttpRequest, form: VisitorForm, *, limit: str) -> Refused | None:
    """Return why a form is not taken; pressing its button again is enough for who is no robot."""
    if (form.has_trap and request.POST.get(TRAP)) or form.came_too_fast():
        return Refused(press_again(), 422)
    if wait := spend(limit, client_network(request)):
        return Refused(too_many(wait), 429, wait)
    return None


def sent_again[Form: VisitorForm](request: HttpRequest, form_class: type[Form]) -> Form:
    """Return a form as it was filled, for a page without a trap."""
    return form_class({**request.POST.dict(), "opened": opened_now(again=True)})

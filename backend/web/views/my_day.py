"""« Ma journée »: each role lands on the page that says what waits for it."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from backend.accounts.models import Membership, User
from backend.web.views.officer import signed_in

Role = Membership.Role
# Who has several roles lands on the page of the first one here: firms wait before the catalogue does.
PAGES = {
    Role.EPCI_LEAD: ("officer_team", ""),
    Role.OFFICER: ("officer_queue", ""),
    Role.TERRITORY_LEAD: ("territory_overview", ""),
    Role.APPROVER: ("admin:schemes_proposal_changelist", "?faire=relire"),
    Role.EDITOR: ("admin:schemes_cataloguetask_changelist", ""),
    Role.PARTNER: ("partner_files", ""),
}


@login_required
@never_cache
@require_safe
def my_day(request: HttpRequest) -> HttpResponse:
    """Lead to the page of one's role."""
    return redirect(_page_of(signed_in(request)))


def _page_of(user: User) -> str:
    for role, (name, query) in PAGES.items():
        if role in user.posts.roles and (user.is_staff or not name.startswith("admin:")):
            return reverse(name) + query
    if user.is_staff:
        return reverse("admin:index")
    return reverse("officer_catalogue") if user.posts.roles else reverse("mfa_index")

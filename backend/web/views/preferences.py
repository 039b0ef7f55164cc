"""Which e-mails about work an account receives: what the links in these e-mails lead to."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from backend.accounts.models import User
from backend.notifications.kinds import CATALOGUE, OFFICER_NOTICES, PARTNER_NOTICES, SHEETS
from backend.notifications.services import has_stopped, resume, stop
from backend.schemes.editing.caretaking import has_sheets
from backend.web.views.officer import signed_in

LABELS = {
    OFFICER_NOTICES: gettext_lazy("Ce qui arrive et ce qui attend, chaque matin"),
    PARTNER_NOTICES: gettext_lazy("Dossiers partagés avec vous, et ce qu’on vous y écrit"),
    CATALOGUE: gettext_lazy("Fiches du catalogue : ce qui attend, et le résumé de la semaine"),
    SHEETS: gettext_lazy("Fiches que vous suivez, quatre fois par an"),
}


def topics_of(user: User) -> list[str]:
    """Return what a person is written to about, by their roles."""
    roles = {
        OFFICER_NOTICES: user.memberships.reviewing(),
        PARTNER_NOTICES: user.memberships.partners(),
        CATALOGUE: user.memberships.editing(),
    }
    topics = [topic for topic, memberships in roles.items() if memberships.exists()]
    return topics + [SHEETS] * has_sheets(user)


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def my_emails(request: HttpRequest) -> HttpResponse:
    """Show what is received, and change it."""
    user = signed_in(request)
    topics = topics_of(user)
    if request.method == "POST":
        wanted = set(request.POST.getlist("topic"))
        for topic in topics:
            (resume if topic in wanted else stop)(address=user.email, topic=topic)
        messages.success(request, _("C’est noté."))
        return redirect("my_emails")
    rows = [(topic, LABELS[topic], not has_stopped(address=user.email, topic=topic)) for topic in topics]
    return render(request, "web/officer/my_emails.html", {"rows": rows})

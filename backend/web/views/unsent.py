"""What was sent once signed out, to be read again and sent, or forgotten."""

import re

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from backend.matchmaking.models import Submission
from backend.web.unsent import forget, unsent_of
from backend.web.views.officer import signed_in

OF_FILE = re.compile(r"/agent/(\d{1,9})/")
CHOSEN = re.compile(r"[a-z0-9_.:-]*")  # keys, numbers and days: what a list or a button sends, and nobody typed


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def unsent(request: HttpRequest) -> HttpResponse:
    """Show what was not sent, with a button that sends it; or forget it."""
    user = signed_in(request)
    kept = unsent_of(request.session, user)
    if request.method == "POST":
        forget(request.session)
        messages.info(request, _("Ce n’est pas envoyé."))
        return redirect("my_day")
    if kept is None:
        messages.warning(request, _("Votre session était terminée : rien n’a été enregistré. Recommencez."))
        return redirect("my_day")
    of_file = OF_FILE.match(kept.path)
    context = {
        "unsent": kept,
        "typed": [value for _name, value in kept.fields if not CHOSEN.fullmatch(value)],
        "submission": of_file and Submission.objects.visible_to(user).filter(pk=of_file[1]).first(),
    }
    return render(request, "web/officer/unsent.html", context)

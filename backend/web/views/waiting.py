"""Who waits for a scheme: the files where it stands, and what is decided or written to several of them at once."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from backend.accounts.models import User
from backend.common.days import current_day
from backend.matchmaking.batches import (
    SHARED_REASONS,
    decide_for_several,
    matches_waiting_for,
    rows_of,
    write_to_several,
)
from backend.matchmaking.models import Submission
from backend.matchmaking.reviews import Because, ReviewError
from backend.schemes.models import Scheme
from backend.web.forms.waiting import BatchForm
from backend.web.row_keys import key_of
from backend.web.views.officer import signed_in

PER_PAGE = 50
READ_WITH = (
    "result__submission__sheet", "result__submission__contact", "result__submission__epci",
    "result__submission__officer",
)  # fmt: skip


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def waiting(request: HttpRequest, scheme_pk: int) -> HttpResponse:
    """List the files that wait for a scheme; decide on it, or write to their firms, for those that are ticked."""
    user = signed_in(request)
    if not (user.posts.epcis or user.posts.leads_territory):
        raise PermissionDenied
    schemes = Scheme.objects.of_source(Scheme.OWN).published().select_related("current")
    scheme = get_object_or_404(schemes, pk=scheme_pk)
    form = BatchForm(request.POST if request.method == "POST" else None)
    if request.method == "POST":
        if not user.posts.epcis:
            raise PermissionDenied
        try:
            if form.is_valid():
                messages.success(request, _done(form, _ticked(request, user), scheme, user))
                return redirect("officer_waiting", scheme_pk)
        except ReviewError as error:
            form.add_error(None, str(error))
    matches = matches_waiting_for(scheme, user=user).select_related(*READ_WITH)
    page = Paginator(matches, PER_PAGE).get_page(request.GET.get("page"))
    rows = rows_of(page.object_list, on=current_day())
    deadlines = {row.deadline for row in rows}
    context = {
        "scheme": scheme,
        "page": page,
        "rows": rows,
        "deadline": deadlines.pop()
        if len(deadlines) == 1
        else "",  # the same for all, but for files of an older sheet
        "form": form,
        "reasons": [(reason, reason.label) for reason in SHARED_REASONS],
        "ticked": request.POST.getlist("file"),
        "may_batch": bool(user.posts.epcis),
    }
    return render(request, "web/officer/waiting.html", context, status=422 if form.errors else 200)


def _ticked(request: HttpRequest, user: User) -> list[Submission]:
    """Return the files that are ticked, of those that this person may open, whatever became of them meanwhile."""
    keys = [key_of(key) for key in request.POST.getlist("file")]
    files = list(Submission.objects.visible_to(user).filter(pk__in=keys[:PER_PAGE]).select_related("sheet"))
    if not files:
        raise ReviewError(_("Cochez au moins un dossier."))
    return files


def _done(form: BatchForm, files: list[Submission], scheme: Scheme, user: User) -> str:
    """Do what was asked for, and say for how many files, and which stay as they are."""
    action = form.cleaned_data["action"]
    case: Any = {"submissions": files, "scheme": scheme, "officer": user, "on": current_day()}
    if action == BatchForm.WRITE:
        said = write_to_several(**case, message=form.cleaned_data["message"])
        words = _(
            "Relectures terminées, un courriel au plus chacune : %(emails)s. Mots laissés sur leur page : %(notes)s."
        )
        return words % {"emails": len(said.ended), "notes": len(said.noted)} + _left(files, said.ended + said.noted)
    because = None
    if action == BatchForm.SET_ASIDE:
        because = Because(reason=form.cleaned_data["reason"], comment=form.cleaned_data["comment"])
    done = decide_for_several(**case, because=because)
    if because:
        words = ngettext("Dispositif écarté de %(n)s dossier.", "Dispositif écarté de %(n)s dossiers.", len(done))
    else:
        words = ngettext("Dispositif retenu dans %(n)s dossier.", "Dispositif retenu dans %(n)s dossiers.", len(done))
    return words % {"n": len(done)} + _left(files, done)


def _left(files: list[Submission], done: list[Submission]) -> str:
    """Name the files that stay as they are. Raises ``ReviewError`` where all do: what was typed stays then."""
    left = [file for file in files if file not in done]
    if not left:
        return ""
    words = _("Restent tels quels (déjà retenus ou écartés, relus, fermés, même adresse, pas les vôtres) : %(names)s.")
    named = words % {"names": ", ".join(str(file.sheet) for file in left)}
    if not done:
        raise ReviewError(_("Rien n’a changé.") + f" {named}")
    return f" {named}"

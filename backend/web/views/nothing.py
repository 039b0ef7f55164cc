"""Files to which nothing can be proposed: reviews ended together, each in its own words, and taken up again."""

from dataclasses import dataclass

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from backend.common.days import current_day
from backend.matchmaking.answer_email import previous_message
from backend.matchmaking.batches import end_several_with_nothing, reopen_several
from backend.matchmaking.correspondence import why_no_email
from backend.matchmaking.models import Submission
from backend.web.forms.review import NothingForm
from backend.web.views.officer import signed_in
from backend.web.views.queue import JUST_ENDED, back_to_list, ticked


@dataclass(slots=True)
class Row:
    """A file that was ticked, the word to its firm, and why it was refused."""

    submission: Submission
    form: NothingForm
    refused: str = ""


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def nothing(request: HttpRequest) -> HttpResponse:
    """Ask for a word to each firm of the files that are ticked, then end their reviews; those refused come back."""
    if request.method != "POST":  # sent on from the sign-in page
        messages.info(
            request, _("Votre session était finie : rien n’a été enregistré. Cochez de nouveau les dossiers.")
        )
        return redirect("officer_queue")
    files = ticked(request)
    if not files:
        messages.error(request, _("Cochez au moins un dossier que vous pouvez ouvrir."))
        return back_to_list(request)
    if len(files) < len(set(request.POST.getlist("file"))):
        messages.error(request, _("Des dossiers cochés ne sont plus dans vos listes : ils restent tels quels."))
    is_sent = "sure" in request.POST
    rows = [_row(request, file, is_sent=is_sent) for file in files]
    done = _end(request, rows) if is_sent else []
    left = [row for row in rows if row.submission not in done]
    if not left:
        request.session[JUST_ENDED] = [file.pk for file in done]
        return back_to_list(request)
    context = {
        "rows": left,
        "refused": is_sent,
        "just_ended": done,
        "list": request.POST.get("liste", ""),
    }
    return render(request, "web/officer/nothing.html", context, status=422 if is_sent else 200)


def _row(request: HttpRequest, file: Submission, *, is_sent: bool) -> Row:
    no_email = bool(why_no_email(file))
    words = {"message": previous_message(file)}
    form = NothingForm(request.POST if is_sent else None, initial=words, prefix=f"d{file.pk}", no_email=no_email)
    return Row(file, form)


def _end(request: HttpRequest, rows: list[Row]) -> list[Submission]:
    """End the reviews of the rows whose word can be read; note at each other row why it was refused."""
    typed = {row.submission.pk: row.form.cleaned_data["message"] for row in rows if row.form.is_valid()}
    ended = end_several_with_nothing(
        submissions=[row.submission for row in rows if row.submission.pk in typed],
        words=typed,
        officer=signed_in(request),
        on=current_day(),
    )
    for row in rows:
        errors = [str(error) for error in row.form.errors.get("message", ())]
        row.refused = ended.refused.get(row.submission.pk) or " ".join(errors)
    if ended.done:
        n = len(ended.done)
        words = ngettext("%(n)s relecture terminée.", "%(n)s relectures terminées.", n)
        messages.success(request, words % {"n": n})
    return ended.done


@login_required
@require_POST
def take_up(request: HttpRequest) -> HttpResponse:
    """Take up the reviews that were just ended again; a colleague's stay as they are."""
    files = ticked(request)
    done = reopen_several(submissions=files, officer=signed_in(request))
    if n := len(done):
        words = ngettext(
            "%(n)s relecture reprise. Un courriel qui attendait ne part plus.",
            "%(n)s relectures reprises. Les courriels qui attendaient ne partent plus.",
            n,
        )
        messages.success(request, words % {"n": n})
    left = [str(file.sheet) for file in files if file not in done]
    if left:
        messages.error(request, _("Restent tels quels : %(names)s.") % {"names": ", ".join(left)})
    return back_to_list(request)

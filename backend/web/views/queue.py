"""The officers' lists: what waits, by tab, and what is done with several files at once."""

from dataclasses import replace
from datetime import date
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Page, Paginator
from django.db import transaction
from django.db.models import Prefetch
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from backend.accounts.models import Absence, User
from backend.common.days import current_day
from backend.matchmaking.calls import present_calls
from backend.matchmaking.dead_addresses import unreachable_officers
from backend.matchmaking.finding import call_named
from backend.matchmaking.follow_up import FollowUpError
from backend.matchmaking.models import CallRequest, HandOver, Note, Submission
from backend.matchmaking.models.submissions import SubmissionQuerySet
from backend.matchmaking.portfolios import offer_files, take_files
from backend.matchmaking.queue import Filters, Tab, calls_promised, counts_for, n_stood_in, queue_of
from backend.matchmaking.queue_rows import Row, rows_of
from backend.matchmaking.referrals import answerable
from backend.web.forms.queue import LAST_LIST, TABS, QueueForm, SavedListForm, query_to_save, said_of_list
from backend.web.forms.review import OfferForm
from backend.web.row_keys import key_of
from backend.web.views.officer import signed_in

UNSENT_WHY = "unsent_why"  # in the session: why an offer is declined, where the answer was refused
JUST_ENDED = "just_ended"  # in the session: files whose review was just ended, for the list that comes next

PER_PAGE = 25
MOST_LISTS = 12
SHORTCUTS = (
    ("j", gettext_lazy("demande suivante")),
    ("k", gettext_lazy("demande précédente")),
    ("Entrée", gettext_lazy("ouvrir la demande")),
    ("/", gettext_lazy("chercher")),
)


@login_required
@never_cache
@require_http_methods(["GET", "HEAD"])
def queue(request: HttpRequest) -> HttpResponse:
    """Show one tab; its filters are in the address, and the last list shown is remembered for the files opened."""
    user = signed_in(request)
    if user.posts.is_partner_only:
        return redirect("partner_files")
    shown = said_of_list(request.GET)
    if request.session.get(LAST_LIST, {}) != shown:
        request.session[LAST_LIST] = shown
    form = QueueForm(shown)
    on = current_day()
    visible = Submission.objects.visible_to(user)
    filters, counts = form.filters(user), counts_for(user, on=on, visible=visible)
    context: dict[str, Any] = {
        "form": form,
        "saved": sorted(user.saved_lists.items()),
        "saving": SavedListForm(auto_id="garder_%s"),
        "tabs": [(tab, label, counts.by_tab[tab]) for tab, label in TABS],
        "filters": filters,
        "list_query": f"?{urlencode(shown)}" if shown else "",
        "in_tab": counts.by_tab[filters.tab],
        "is_sorted_out": bool(filters.order) or replace(filters, words="").narrows,
        "portfolio": counts.mine,
        "posts": user.posts,
        "stood_in": _stood_in(user, visible, on=on),
        "may_batch": bool(user.posts.epcis),
        "shortcuts": SHORTCUTS,
        "just_ended": pop_just_ended(request),
    }
    if filters.tab == Tab.TO_CALL:
        calls = CallRequest.objects.visible_to(user).waiting().select_related("epci", "submission__officer")
        if filters.words:
            calls = calls.filter(call_named(filters.words))
        asked = Paginator(calls, PER_PAGE).get_page(request.GET.get("page"))
        promised = calls_promised(user, on=on).select_related(
            "submission__sheet", "submission__contact", "recorded_by"
        )
        promised = promised.prefetch_related(Prefetch("proposals", Note.objects.of_firm()))
        context |= {
            "page": asked,
            "calls": present_calls(asked.object_list, officer=user, on=on),
            "promised": promised[:PER_PAGE],
        }
    elif filters.tab == Tab.OFFERED:
        offers = HandOver.objects.offered_to(user).select_related("submission__sheet", "to_epci", "by")
        to_answer = Paginator(offers, PER_PAGE).get_page(request.GET.get("page"))
        mine = answerable(user=user, offers=to_answer, on=on)
        offered = [(offer, offer.pk in mine) for offer in to_answer]
        context |= {
            "why": request.session.pop(UNSENT_WHY, ""),
            "page": to_answer,
            "offered": offered,
            "has_referral": any(offer.to_epci for offer, _may in offered),
        }
    else:
        n = None if filters.narrows else counts.by_tab[filters.tab]
        page, rows = _page(user, filters, request.GET.get("page"), visible, n=n)
        if filters.words and filters.tab != Tab.ALL:
            elsewhere = queue_of(user, replace(filters, tab=Tab.ALL), on=on, visible=visible).order_by().count()
            if elsewhere and not page.paginator.count:  # who telephones does not say where their file stands
                return redirect(f"{request.path}?{urlencode({**shown, 'etat': Tab.ALL})}")
            context["elsewhere"] = elsewhere - page.paginator.count
        if filters.words:
            context["called"] = (
                CallRequest.objects.visible_to(user).waiting().filter(call_named(filters.words)).count()
            )
        context |= {"page": page, "rows": rows}
        if filters.tab == Tab.TO_DO and not filters.narrows:
            context["unreachable"] = unreachable_officers(user)
    return render(request, "web/officer/queue.html", context)


def _stood_in(user: User, visible: SubmissionQuerySet, *, on: date) -> dict[str, Any]:
    """Return for whom somebody stands in today, and the tabs that hold files of theirs; most often nothing."""
    absences = list(Absence.objects.on(on).replaced_by(user).select_related("user"))
    if not absences:
        return {}
    n_in = n_stood_in(absences, visible=visible)
    return {"absences": absences, "tabs": [(tab, label, n_in[tab]) for tab, label in TABS if n_in.get(tab)]}


def _page(
    user: User, filters: Filters, number: str | None, visible: SubmissionQuerySet, *, n: int | None
) -> tuple[Page[int], list[Row]]:
    """Return a page of a list of ``n`` files, where that is known, and its rows: only its files are read in full."""
    on = current_day()
    keys: Any = queue_of(user, filters, on=on, visible=visible).values_list("pk", flat=True)
    if n is None:
        keys = list(keys)  # a few numbers: to count them first would be to look for them twice
        n = len(keys)
    page = Paginator(range(n), PER_PAGE).get_page(number)
    start = PER_PAGE * (page.number - 1)
    return page, rows_of(keys[start : start + PER_PAGE], on=on)


# -- lists kept under a name


@login_required
@require_POST
def save_list(request: HttpRequest) -> HttpResponse:
    """Keep a list under a name, in place of the one that had it."""
    form = SavedListForm(request.POST)
    if not form.is_valid():
        messages.error(request, " ".join(map(str, form.errors["name"])))
        return back_to_list(request)
    name, query = form.cleaned_data["name"], query_to_save(QueryDict(request.POST.get("liste", "")))
    with transaction.atomic():
        user = User.objects.select_for_update().get(pk=signed_in(request).pk)
        if len(user.saved_lists) >= MOST_LISTS and name not in user.saved_lists:
            messages.error(request, _("Vous gardez déjà %(n)s listes : oubliez-en une d’abord.") % {"n": MOST_LISTS})
            return back_to_list(request)
        user.saved_lists[name] = query
        user.save(update_fields=["saved_lists"])
    messages.success(request, _("Liste gardée : « %(name)s ».") % {"name": name})
    return back_to_list(request)


@login_required
@require_POST
def forget_list(request: HttpRequest) -> HttpResponse:
    """Forget one of one's own lists."""
    name = request.POST.get("name", "")
    with transaction.atomic():
        user = User.objects.select_for_update().get(pk=signed_in(request).pk)
        if user.saved_lists.pop(name, None) is None:
            raise Http404
        user.save(update_fields=["saved_lists"])
    messages.success(request, _("Liste oubliée : « %(name)s ».") % {"name": name})
    return back_to_list(request)


# -- several at once


def pop_just_ended(request: HttpRequest) -> list[Submission]:
    """Return the files whose review the last page ended, so that it can be taken up again."""
    keys = request.session.pop(JUST_ENDED, [])
    if not keys:
        return []
    files = (
        Submission.objects.visible_to(signed_in(request))
        .reviewed()
        .filter(pk__in=keys, reviewed_by=signed_in(request))
    )
    return list(files.select_related("sheet").order_by("pk"))


def ticked(request: HttpRequest) -> list[Submission]:
    """Return the files that were ticked, of those this person may open."""
    keys = [key_of(key) for key in request.POST.getlist("file")]
    files = Submission.objects.visible_to(signed_in(request)).filter(pk__in=keys[:PER_PAGE])
    return list(files.select_related("sheet__company", "sheet__establishment", "epci").order_by("pk"))


def back_to_list(request: HttpRequest) -> HttpResponseRedirect:
    """Lead back to the list: what it was is sent along, and read like any address."""
    query = urlencode(said_of_list(QueryDict(request.POST.get("liste", ""))))
    return redirect(reverse("officer_queue") + (f"?{query}" if query else ""))


@login_required
@require_POST
def take_several(request: HttpRequest) -> HttpResponse:
    """Take the files that are ticked; those of others' intercommunalities, or closed, stay as they are."""
    files = ticked(request)
    if not files:
        messages.error(request, _("Cochez au moins un dossier."))
        return back_to_list(request)
    n = take_files(submissions=files, officer=signed_in(request))
    messages.success(request, _("Dossiers que vous suivez désormais : %(n)s.") % {"n": n} + _left(len(files) - n))
    return back_to_list(request)


@login_required
@require_POST
def offer_several(request: HttpRequest) -> HttpResponse:
    """Ask to whom the files that are ticked are offered, then offer them with one e-mail."""
    files, user = ticked(request), signed_in(request)
    if not files:
        messages.error(request, _("Cochez au moins un dossier."))
        return back_to_list(request)
    is_sent = "to" in request.POST
    form = OfferForm(request.POST if is_sent else None, by=user)
    if form.is_valid():
        to = form.cleaned_data["to"]
        try:
            n = offer_files(submissions=files, by=user, to=to, note=form.cleaned_data["note"])
        except FollowUpError as error:
            form.add_error("to", str(error))
        else:
            words = _("Dossiers proposés à %(to)s : %(n)s.") % {"to": to, "n": n}
            messages.success(request, words + _left(len(files) - n))
            return back_to_list(request)
    context = {"form": form, "files": files, "list": request.POST.get("liste", "")}
    return render(request, "web/officer/offer_several.html", context, status=422 if form.errors else 200)


def _left(n: int) -> str:
    words = _("Restent tels quels (fermés, déjà suivis ou pas les vôtres) : %(n)s.")
    return f" {words % {'n': n}}" if n else ""

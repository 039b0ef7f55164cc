"""The officers' side: one file at a time."""

from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from backend.accounts.models import User
from backend.common.days import current_day
from backend.journal.services import record_read
from backend.matchmaking.answer_email import previous_message
from backend.matchmaking.contents import (
    DECLINED,
    FOLLOW_UPS,
    GUESTS,
    NOTES,
    OFFER,
    PARTNERS,
    RATING,
    may_have,
    read_contents,
)
from backend.matchmaking.corrections import understanding_of
from backend.matchmaking.correspondence import latest_email, refuses_emails, why_no_email
from backend.matchmaking.decided_since import last_review
from backend.matchmaking.differences import differences, standing_of
from backend.matchmaking.fact_display import FACT_LABELS, beside_label
from backend.matchmaking.file_events import closing_of
from backend.matchmaking.file_links import of_the_same_siren
from backend.matchmaking.followers import follower_of
from backend.matchmaking.in_charge import may_decide
from backend.matchmaking.models import (
    FollowUp,
    Guest,
    HandOver,
    Match,
    Note,
    Reply,
    Result,
    Review,
    Submission,
    UnmetNeed,
)
from backend.matchmaking.ownership import known_facts, official_facts, read_once, sources_of
from backend.matchmaking.partners import shares_of
from backend.matchmaking.preferences import preferences_of
from backend.matchmaking.presentation import Page
from backend.matchmaking.queue import Tab, neighbours, queue_of
from backend.matchmaking.referrals import may_answer
from backend.matchmaking.results import latest_result
from backend.matchmaking.shortlist import present_both
from backend.matchmaking.size import present_size
from backend.matchmaking.unmet import why
from backend.privacy.erasing import may_erase
from backend.schemes.models import Scheme
from backend.web.forms.facts import TOLD_WITH, has_fact_form
from backend.web.forms.partners import AgreementForm
from backend.web.forms.queue import QueueForm, list_of
from backend.web.forms.review import AddressForm, EndForm, NoteForm

BEFORE, AFTER = "before", "after"
PER_PAGE = 50  # rejections to read
FILE_KEYS = (
    ("j", _("dispositif suivant")),
    ("k", _("dispositif précédent")),
    ("r", _("retenir")),
    ("e", _("écarter : choisir la raison")),
    ("Échap", _("revenir au dispositif")),
    ("u", _("retirer mon avis")),
    ("a", _("ajouter un dispositif à la main")),
    ("n", _("écrire une note")),
    ("q", _("ouvrir la fiche d’appel")),
    ("p", _("prendre ce dossier")),
    ("x", _("rien à proposer : terminer la relecture")),
    ("t", _("terminer la relecture")),
    ("s", _("terminer, et dossier suivant")),
    ("b", _("dossier précédent de la liste")),
    ("f", _("dossier suivant de la liste")),
)


def signed_in(request: HttpRequest) -> User:
    """Return who is signed in."""
    if not isinstance(request.user, User):
        raise PermissionDenied
    return request.user


NOTE_WITH = ("author", "organisation", "share__organisation", "scheme__current", "call")
STEP_WITH = ("scheme__current", "recorded_by", "done_by")
READ_WITH = ("sheet__company", "sheet__establishment", "contact", "epci")
PEOPLE = ("reviewed_by", "officer", "closed_by", "consent_by")  # read apart: PostgreSQL plans many joins slowly


def visible_file(request: HttpRequest, pk: int) -> Submission:
    """Return a file this person may open, and note that they did; a stranger does not learn that it exists."""
    submission = _opened(request, pk)
    if submission is None:
        raise Http404
    return submission


def _opened(request: HttpRequest, pk: int) -> Submission | None:
    submission = read_contents(Submission.objects.visible_to(request.user).select_related(*READ_WITH), pk)
    if submission:
        people = User.objects.in_bulk({getattr(submission, f"{role}_id") for role in PEOPLE} - {None})
        for role in PEOPLE:
            setattr(submission, role, people.get(getattr(submission, f"{role}_id")))
        record_read(actor=signed_in(request), submission_id=submission.pk, epci_id=submission.epci_id)
    return submission


def next_file(request: HttpRequest, after: int) -> Submission | None:
    """Return the first file of the list one came from, but for one that was just dealt with."""
    filters = QueueForm(list_of(request)).filters(signed_in(request))
    if filters.tab in (Tab.FOLLOWED, Tab.ALL):
        return None
    return queue_of(signed_in(request), filters, on=current_day()).exclude(pk=after).first()


# -- one file


@login_required
@never_cache
@require_http_methods(["GET", "HEAD"])
def file(request: HttpRequest, pk: int) -> HttpResponse:
    submission = _opened(request, pk)
    if submission:
        return file_page(request, submission)
    left = get_object_or_404(Submission.objects.erased_for(signed_in(request)), pk=pk)
    return render(request, "web/officer/erased.html", {"submission": left}, status=410)


@login_required
@never_cache
@require_safe
def neighbour(request: HttpRequest, pk: int, side: str) -> HttpResponse:
    """Lead to the file before or after one in the list that it was opened from; at its end, to the list."""
    user = signed_in(request)
    get_object_or_404(Submission.objects.visible_to(user), pk=pk)
    came_from = list_of(request)
    around = neighbours(user, QueueForm(came_from).filters(user), pk, on=current_day())
    found = getattr(around, side) if around else None
    if around is None and side == AFTER:  # it was dealt with: the list begins anew
        following = next_file(request, pk)
        found = following.pk if following else None
    query = f"?{urlencode(came_from)}" if came_from else ""
    if found:
        return redirect(reverse("officer_file", args=[found]) + query)
    messages.info(request, _("C’est la fin de la liste.") if side == AFTER else _("C’est le début de la liste."))
    return redirect(reverse("officer_queue") + query)


def file_page(
    request: HttpRequest, submission: Submission, *, bound: Mapping[str, Any] | None = None, status: int = 200
) -> HttpResponse:
    """Show a file; ``bound`` holds the form that was refused, by its name, with what was typed."""
    user, on = signed_in(request), current_day()
    read_once(submission)
    seen = last_review(submission)  # before what is shown: a verdict that is given meanwhile counts as not seen
    answer = latest_result(submission, on=on)
    page, firm_reads = present_both(submission, answer, viewer=user)
    may_review = may_decide(officer=user, submission=submission)
    refuses = refuses_emails(submission)
    no_email = why_no_email(submission, refuses=refuses)
    facts, around = facts_rows(submission, user), _around(submission, user)
    can_decide = may_review and not submission.is_barred
    context = {
        "submission": submission,
        "follower": follower_of(submission, on=on),
        "result": answer,
        "page": page,
        # Who is asked what it means reads nothing else yet.
        "firm_reads": None if answer.reply == Reply.TO_CONFIRM else firm_reads,
        "listed": {card.match.scheme_id for group in page.groups for card in group.cards},
        "list_query": urlencode(list_of(request)),
        "understanding": understanding_of(submission),
        "preferences": preferences_of(submission),
        "unmet": _unmet(submission),
        "can_decide": can_decide,
        "facts": facts,
        "facts_known": [row for row in facts if row["fact"] or "official" in row],
        "facts_unknown": [row for row in facts if not row["fact"] and "official" not in row],
        "size": present_size(answer.facts, on=answer.on),
        "end_form": EndForm(initial={"message": previous_message(submission)}, no_email=bool(no_email)),
        "refuses_emails": refuses,
        "no_email": no_email,
        "answer_email": latest_email(submission, "reviewed") if submission.reviewed_at else None,
        "address_form": AddressForm(auto_id="adresse_%s"),
        **around,
        "n_follow_up": len(page.followed) + len(around["follow_ups"]),
        **_shared(submission, (bound or {}).get("agreement_form")),
        "may_erase": may_erase(officer=user, submission=submission),
        # A file that somebody opened for a firm may come of a call: the firm waits since then.
        "asked_call": submission.call_requests.first() if submission.consent_by_id else None,
        "others": of_the_same_siren(submission, viewer=user),
        "closing": closing_of(submission),
        "may_reopen": may_review and submission.closed_reason != Submission.Closing.WITHDRAWN,
        "n_decided": page.n_decided,
        "last_review": seen,
        "shortcuts": FILE_KEYS,
        **(bound or {}),
        **_refused((bound or {}).get("refused"), submission, page, can_decide=can_decide),
    }
    return render(request, "web/officer/file.html", context, status=status)


def _refused(
    refused: Mapping[str, Any] | None, submission: Submission, page: Page, *, can_decide: bool
) -> dict[str, Any]:
    """Return what the form of a decision that was refused needs, and whether the page shows it beside its scheme."""
    if refused is None:
        return {}
    cards = [*page.set_aside, *(card for group in page.groups for card in group.cards)]
    is_shown = any(card.match.scheme_id == refused["scheme"] for card in cards)
    in_place = is_shown and can_decide and submission.reviewed_at is None
    return {**set_aside_choices(submission), "refused": {**refused, "in_place": in_place}}


def _unmet(submission: Submission) -> list[tuple[UnmetNeed, str]]:
    """Return the needs that nothing answers, each with why; the newest result writes them, and is read first."""
    return [(row, why(row)) for row in submission.unmet_needs.select_related("sub_need")]


def _shared(submission: Submission, refused: AgreementForm | None) -> dict[str, Any]:
    """Return the shares of a file, each with the form of an agreement that it waits for, and the form of a note."""
    shares = shares_of(submission) if may_have(submission, PARTNERS) else []
    reading = [share for share in shares if share.is_live]
    agreements = {share: AgreementForm(share=share) for share in shares if share.is_asked}
    if refused:
        agreements[refused.share] = refused
    return {
        "shares": [(share, agreements.get(share)) for share in shares],
        "note_form": NoteForm(auto_id="note_%s", shares=reading),
    }


def _around(submission: Submission, user: User) -> dict[str, Any]:
    """Return what colleagues did and wrote around a file; a table that has nothing of it is not read."""
    offer: HandOver | None = None
    notes: list[Note] = []
    steps: list[FollowUp] = []
    if may_have(submission, OFFER):
        offer = submission.hand_overs.waiting().select_related("by", "to", "to_epci").first()
    if may_have(submission, NOTES):
        notes = list(submission.notes.visible_to(user).select_related(*NOTE_WITH))
    if may_have(submission, FOLLOW_UPS):
        steps = list(FollowUp.objects.standing().filter(submission=submission).select_related(*STEP_WITH))
    return {
        "offer": offer,
        "may_answer": offer and may_answer(user=user, offer=offer, on=current_day()),
        "declined": submission.hand_overs.declined_last() if may_have(submission, DECLINED) else None,
        "notes": notes,
        "rating": submission.surveys.exclude(grade="").first() if may_have(submission, RATING) else None,
        "guests": list(Guest.objects.in_force().filter(submission=submission)) if may_have(submission, GUESTS) else [],
        "follow_ups": steps,
    }


def means_to_decide(submission: Submission, user: User) -> dict[str, Any]:
    """Return what the forms beside a scheme need: to answer a condition, and to set it aside with a reason."""
    can_decide = may_decide(officer=user, submission=submission) and not submission.is_barred
    return {
        "can_decide": can_decide,
        "can_answer": ("firm", "officer", "operator") if can_decide else (),
        "answer_url": reverse("officer_answer", args=[submission.pk]),
        "facts": facts_rows(submission, user),
        **set_aside_choices(submission),
    }


def set_aside_choices(submission: Submission) -> dict[str, Any]:
    """Return what the form that sets a scheme aside offers; what is not shown is not read."""
    return {
        "reasons": Review.Reason.choices,
        "schemes": Scheme.objects.of_source(Scheme.OWN).published().values_list("current__name", flat=True),
    }


def facts_rows(submission: Submission, user: User) -> list[dict[str, Any]]:
    """Return each fact an officer reads, known or not, and whether a form corrects it."""
    known, official = known_facts(submission), official_facts(submission)
    sources = sources_of(submission, viewer=user)
    rows = []
    for name, label in FACT_LABELS:
        if name in TOLD_WITH and name not in known:
            continue
        found = [fact for fact in known.values() if name in (fact.name, fact.listed_with)]
        value = " ; ".join(beside_label(fact.name, fact.value) for fact in found)
        fact = found[-1] if found else None
        source = sources.get(fact.sheet_id, "") if fact else ""
        row: dict[str, Any] = {"name": name, "label": label, "value": value, "fact": fact, "source": source}
        row["has_form"] = has_fact_form(name)
        if name in official and (fact is None or fact.value != official[name].value):
            row["official"] = beside_label(name, official[name].value)
        rows.append(row)
    return rows


N_TOLD = 5


def tell_changes(request: HttpRequest, before: Result, after: Result, *, noted: str = "") -> None:
    """Say in the page's messages which schemes read otherwise in the newer of two results; ``noted``: what was."""
    words = [(one, _word(one.before), _word(one.after)) for one in differences(before, after)]
    changed = [f"{one.match.revision.name} : {was} → {is_now}" for one, was, is_now in words if was != is_now]
    said = {"noted": noted or _("C’est noté.")}
    if not changed:
        messages.success(request, _("%(noted)s Aucun dispositif ne change.") % said)
        return
    lines = changed[:N_TOLD]
    if len(changed) > N_TOLD:
        lines.append(_("et %(n)s autres") % {"n": len(changed) - N_TOLD})
    messages.success(request, _("%(noted)s Ce qui change : %(lines)s.") % {**said, "lines": " ; ".join(lines)})


def _word(match: Match | None) -> str:
    word = standing_of(match)
    return str(word.label if word else _("ne répond pas au besoin")).lower()


@login_required
@never_cache
@require_http_methods(["GET", "HEAD"])
def unexplained(request: HttpRequest) -> HttpResponse:
    """List the rejections that no reason of the list explains: for those who lead, so that the list gets better."""
    user = signed_in(request)
    if not user.posts.leads:
        raise PermissionDenied
    reviews = Review.objects.unexplained().filter(submission__in=Submission.objects.visible_to(user))
    reviews = reviews.select_related("officer", "match__revision", "submission__sheet", "submission__epci")
    page = Paginator(reviews, PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "web/officer/unexplained.html", {"page": page})

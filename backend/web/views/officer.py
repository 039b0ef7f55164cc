"""The officers' side: one file at a time."""

from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from backend.accounts.models import User
from backend.common.days import current_day
from backend.journal.services import record_read
from backend.matchmaking.corrections import understanding_of
from backend.matchmaking.correspondence import emails_to_firm, refuses_emails, why_no_email
from backend.matchmaking.differences import differences, standing_of
from backend.matchmaking.emails import organisation_in_charge
from backend.matchmaking.file_links import of_the_same_siren
from backend.matchmaking.gaps import LEAST, gaps_for, why
from backend.matchmaking.known import FACT_LABELS, value_text
from backend.matchmaking.models import FollowUp, Match, Reply, Result, Review, Submission
from backend.matchmaking.ownership import known_facts, known_values, read_once, sources_of
from backend.matchmaking.preferences import preferences_of
from backend.matchmaking.presentation import present, unverified_for
from backend.matchmaking.questions import open_of
from backend.matchmaking.queue import Tab, neighbours, queue_of
from backend.matchmaking.results import latest_result
from backend.matchmaking.services import OutsideTerritory, check_may_decide, correct_submission, may_decide
from backend.matchmaking.shortlist import shortlist_of
from backend.matchmaking.size import present_size
from backend.matchmaking.state_aid import ledger_of
from backend.privacy.erasing import may_erase
from backend.schemes.models import Scheme
from backend.territories.models import ServedEpci
from backend.territories.services import served_communes
from backend.web.forms.aids import AidForm
from backend.web.forms.facts import TOLD_WITH, bound_fact_form, fact_forms
from backend.web.forms.filing.number import NumberForm, number_of
from backend.web.forms.question import asked_with, open_questions
from backend.web.forms.queue import QueueForm, list_of
from backend.web.forms.review import AddressForm, EndForm, NeedCorrectionForm, NoteForm, OfferForm, StepForm

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
    ("p", _("prendre ce dossier")),
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


def visible_file(request: HttpRequest, pk: int) -> Submission:
    """Return a file this person may open, and note that they did; a stranger does not learn that it exists."""
    files = Submission.objects.visible_to(request.user).select_related(
        "sheet__company",
        "sheet__establishment",
        "contact",
        "epci",
        "reviewed_by",
        "officer",
        "closed_by",
        "consent_by",
    )
    submission = get_object_or_404(files, pk=pk)
    record_read(actor=signed_in(request), submission_id=submission.pk, epci_id=submission.epci_id)
    return submission


def next_file(request: HttpRequest, after: int) -> Submission | None:
    """Return the first file of the list one came from, but for one that was just dealt with."""
    filters = QueueForm(list_of(request)).filters()
    if filters.tab in (Tab.FOLLOWED, Tab.ALL):
        return None
    return queue_of(signed_in(request), filters, on=current_day()).exclude(pk=after).first()


# -- one file


@login_required
@never_cache
@require_http_methods(["GET", "HEAD"])
def file(request: HttpRequest, pk: int) -> HttpResponse:
    left = Submission.objects.erased_for(signed_in(request)).filter(pk=pk).first()
    if left:
        return render(request, "web/officer/erased.html", {"submission": left}, status=410)
    return file_page(request, visible_file(request, pk))


def file_page(
    request: HttpRequest, submission: Submission, *, bound: Mapping[str, Any] | None = None, status: int = 200
) -> HttpResponse:
    """Show a file; ``bound`` holds the form that was refused, by its name, with what was typed."""
    user, on = signed_in(request), current_day()
    read_once(submission)
    answer = latest_result(submission, on=on)
    page = present(submission, answer, viewer=user)
    means = means_to_decide(submission, user)
    can_decide = means["can_decide"]
    questions = open_questions(open_of(submission, answer))
    emails, no_email = emails_to_firm(submission), why_no_email(submission)
    came_from = list_of(request)
    context = {
        "submission": submission,
        "result": answer,
        "page": page,
        # Who is asked what it means reads nothing else yet.
        "firm_reads": None if answer.reply == Reply.TO_CONFIRM else shortlist_of(submission, answer),
        "listed": {card.match.scheme_id for group in page.groups for card in group.cards},
        "list_query": urlencode(came_from),
        "around": neighbours(user, QueueForm(came_from).filters(), submission.pk, on=on),
        "asked": asked_with(known_values(submission), questions.first()) if can_decide else None,
        "of_others": questions.of_others,
        "question_url": reverse("officer_question", args=[submission.pk]),
        "understanding": understanding_of(submission),
        "preferences": preferences_of(submission),
        "need_form": NeedCorrectionForm(auto_id="besoin_%s"),
        "unmet": [(row, why(row)) for row in submission.unmet_needs.select_related("sub_need")],
        **means,
        "size": present_size(answer.facts, on=answer.on),
        "ledger": ledger_of(submission, on=answer.on, viewer=user),
        "aid_form": AidForm(auto_id="aide_%s"),
        "organisation": organisation_in_charge(submission),
        "review_end": submission.review_ends.select_related("officer").first(),
        "end_form": EndForm(no_email=bool(no_email)),
        "refuses_emails": refuses_emails(submission),
        "no_email": no_email,
        "emails": emails,
        "answer_email": next((email for email in emails if email.kind == "reviewed"), None),
        "note_form": NoteForm(auto_id="note_%s"),
        "address_form": AddressForm(auto_id="adresse_%s"),
        "step_form": StepForm(submission=submission, auto_id="etape_%s"),
        "offer_form": OfferForm(by=user, auto_id="transmettre_%s"),
        "offer": submission.hand_overs.waiting().select_related("by", "to").first(),
        "notes": submission.notes.visible_to(user).select_related("author", "organisation"),
        "follow_ups": FollowUp.objects.standing()
        .filter(submission=submission)
        .select_related("scheme__current", "recorded_by", "done_by"),
        "unverified": unverified_for(submission),
        "may_erase": may_erase(officer=user, submission=submission),
        "others": of_the_same_siren(submission, viewer=user),
        "number_form": NumberForm(initial={"number": number_of(submission)}, auto_id="numero_%s"),
        "may_reopen": submission.closed_reason == Submission.Closing.NOT_ENTITLED
        and may_decide(officer=user, submission=submission),
        "next": next_file(request, submission.pk) if submission.reviewed_at else None,
        "n_decided": page.n_decided,
        "suggestions": served_communes(),
        "shortcuts": FILE_KEYS,
        **(bound or {}),
    }
    return render(request, "web/officer/file.html", context, status=status)


def means_to_decide(submission: Submission, user: User) -> dict[str, Any]:
    """Return what the forms beside a scheme need: to answer a condition, and to set it aside with a reason."""
    can_decide = may_decide(officer=user, submission=submission) and submission.closed_at is None
    return {
        "can_decide": can_decide,
        "can_answer": ("firm", "officer", "operator") if can_decide else (),
        "answer_url": reverse("officer_answer", args=[submission.pk]),
        "facts": _facts(submission, user),
        "reasons": Review.Reason.choices,
        "epcis": ServedEpci.objects.exclude(pk=submission.epci_id or 0),
        "schemes": Scheme.objects.of_source(Scheme.OWN).published().values_list("current__name", flat=True),
    }


def _facts(submission: Submission, user: User) -> list[dict[str, Any]]:
    """Return each fact an officer reads, known or not, with the form that corrects it."""
    known, forms = known_facts(submission), fact_forms(submission)
    sources, official = sources_of(submission, viewer=user), submission.sheet.official()
    rows = []
    for name, label in FACT_LABELS:
        if name in TOLD_WITH and name not in known:
            continue
        found = [fact for fact in known.values() if name in (fact.name, fact.listed_with)]
        value = " ; ".join(value_text(fact.name, fact.value) for fact in found)
        fact = found[-1] if found else None
        if name == "schemes" and not fact and not forms[name].form.fields:
            continue  # no scheme asks for another
        source = sources.get(fact.sheet_id, "") if fact else ""
        form = forms.get(name)
        row = {"name": name, "label": label, "value": value, "fact": fact, "source": source, "form": form}
        if name in official and (fact is None or fact.value != official[name].value):
            row["official"] = value_text(name, official[name].value)
        rows.append(row)
    return rows


@login_required
@require_POST
def correct_fact(request: HttpRequest, pk: int) -> HttpResponse:
    """Correct one fact; the page comes back with the new result, and says what changed in it."""
    submission = visible_file(request, pk)
    user = signed_in(request)
    check_may_decide(user, submission)
    fact = request.POST.get("fact", "")
    form = bound_fact_form(submission, fact, request.POST)
    if form is None:
        return redirect("officer_file", pk)
    if form.form.asks_for_row:
        form.form.forget_errors()
        return file_page(request, submission, bound={"refused_fact": form})
    if form.errors:
        return file_page(request, submission, bound={"refused_fact": form}, status=422)
    before = latest_result(submission, on=current_day())
    try:
        after = correct_submission(submission=submission, facts=form.changed(), on=current_day(), author=user)
    except OutsideTerritory:
        messages.error(request, _("Cette commune est hors du territoire : le dossier n’a pas été changé."))
    else:
        tell_changes(request, before, after)
    return redirect(reverse("officer_file", args=[pk]) + "#faits")


N_TOLD = 5


def tell_changes(request: HttpRequest, before: Result, after: Result) -> None:
    """Say in the page's messages which schemes changed between two results."""
    changed = differences(before, after)
    if not changed:
        messages.success(request, _("C’est noté. Aucun dispositif ne change."))
        return
    lines = [f"{one.match.revision.name} : {_word(one.before)} → {_word(one.after)}" for one in changed[:N_TOLD]]
    if len(changed) > N_TOLD:
        lines.append(_("et %(n)s autres") % {"n": len(changed) - N_TOLD})
    messages.success(request, _("C’est noté. Ce qui change : %(lines)s.") % {"lines": " ; ".join(lines)})


def _word(match: Match | None) -> str:
    word = standing_of(match)
    return str(word.label if word else _("hors besoin")).lower()


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


@login_required
@never_cache
@require_http_methods(["GET", "HEAD"])
def gaps(request: HttpRequest) -> HttpResponse:
    """List what firms need and nothing answers, for those who lead."""
    user = signed_in(request)
    if not user.posts.leads:
        raise PermissionDenied
    context = {"gaps": gaps_for(user), "least": LEAST, "leads_all": user.posts.leads_territory}
    return render(request, "web/officer/gaps.html", context)

"""What happened to a file, in order, as its officers read it: each line is read from the row that says so.

Nothing is kept here, so that nothing is said twice: what is erased of a row is gone from its line too.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime
from itertools import chain, groupby

from django.db.models import Min
from django.utils import timezone
from django.utils.text import Truncator, capfirst
from django.utils.translation import gettext as _

from backend.accounts.models import Organisation, User
from backend.common.days import day_in_words
from backend.companies.models import Fact
from backend.matchmaking.correspondence import to_contact
from backend.matchmaking.fact_display import FACT_LABELS, beside_label, says, value_text
from backend.matchmaking.models import CallRequest, FileEvent, FollowUp, HandOver, SchemeEvent, Submission
from backend.matchmaking.states import LABELS
from backend.notifications.kinds import KINDS
from backend.notifications.models import Notification
from backend.notifications.outcomes import delivery_of, has_failed
from backend.schemes import typography

N_WORDS = 20  # of a note, which stands whole in its place
MOST = 200  # lines


@dataclass(frozen=True, slots=True)
class Happened:
    """One thing that happened: when, what, who did it, and to what."""

    at: datetime
    what: str
    who: str
    details: tuple[str, ...] = ()

    @property
    def on(self) -> date:
        return timezone.localdate(self.at)


@dataclass(frozen=True, slots=True)
class History:
    """The days on which something happened, the last one first; how many lines before them are left out."""

    days: list[tuple[date, list[Happened]]]
    n_left_out: int


def history_of(submission: Submission, *, viewer: User) -> History:
    """Return what happened to a file; of notes, those that ``viewer`` reads.

    What one person did several times in a row on a day is one line.
    """
    read = chain(_notes(submission, viewer), *(read_rows(submission) for read_rows in ROWS))
    merged = list(_merged(sorted(read, key=lambda one: one.at, reverse=True)))
    days = groupby(merged[:MOST], key=lambda one: one.on)
    return History([(day, list(of_day)) for day, of_day in days], max(0, len(merged) - MOST))


def _merged(lines: Iterable[Happened]) -> Iterator[Happened]:
    """Make one line of those that follow each other, the newest first, and differ in their details alone."""
    for _same, group in groupby(lines, key=lambda one: (one.on, one.what, one.who, one.details == ())):
        newest, *earlier = group
        told = dict.fromkeys(text for one in reversed((newest, *earlier)) for text in one.details)
        yield replace(newest, details=tuple(told))


def _by(person: User | Organisation | None) -> str:
    return str(person or _("l’entreprise"))


def _service() -> str:
    return _("le service")


def _filing(submission: Submission) -> Iterator[Happened]:
    site = (_("par le site de : %(site)s") % {"site": submission.came_from},) if submission.came_from else ()
    yield Happened(submission.filed_at, _("Demande reçue"), _by(submission.filed_by), site)
    if submission.confirmed_at:
        yield Happened(submission.confirmed_at, _("Adresse confirmée"), _by(None))
    for end in submission.review_ends.select_related("officer"):
        yield Happened(end.ended_at, _("Relecture terminée"), str(end.officer))


def _facts(submission: Submission) -> Iterator[Happened]:
    """What was corrected: what the file began with was recorded at once."""
    said = submission.sheet.facts.filter(origin__in=(Fact.Origin.DECLARED, Fact.Origin.OFFICER))
    began = submission.sheet.facts.aggregate(at=Min("recorded_at"))["at"]
    for fact in said.filter(recorded_at__gt=began).select_related("author") if began else ():
        if told := _told(fact):
            yield Happened(fact.recorded_at, _("Réponse corrigée"), _by(fact.author), (told,))


def _told(fact: Fact) -> str:
    """Say a fact with what it is called; nothing of what is only kept so that it is not asked again."""
    if fact.name.startswith(Fact.ANSWER):
        return _("une condition à confirmer")
    if fact.name.startswith(Fact.SCHEME):
        return value_text(fact.name, fact.value) if says(fact.value) else ""
    label = dict(FACT_LABELS).get(fact.name)
    if label is None:
        return ""
    value = beside_label(fact.name, fact.value) if says(fact.value) else _("de nouveau inconnu")
    return f"{label}\xa0: {value}"


def _needs(submission: Submission) -> Iterator[Happened]:
    for one in submission.need_corrections.select_related("sub_need", "officer"):
        what = _("Besoin %(change)s") % {"change": one.get_change_display()}
        if one.change == one.Change.WITHDRAWN:
            what = capfirst(one.get_change_display())
        yield Happened(one.made_at, what, _by(one.officer), (one.sub_need.label,))


def _aids(submission: Submission) -> Iterator[Happened]:
    for aid in submission.sheet.aids.select_related("author", "withdrawn_by"):
        title = aid.title or _("sans nom")
        yield Happened(aid.recorded_at, _("Aide de minimis notée"), _by(aid.author), (title,))
        if aid.withdrawn_at:
            yield Happened(aid.withdrawn_at, _("Aide de minimis retirée"), _by(aid.withdrawn_by), (title,))


def _reviews(submission: Submission) -> Iterator[Happened]:
    for review in submission.reviews.select_related("officer", "scheme__current"):
        reason = f" ({review.get_reason_display()})" if review.reason else ""
        what = capfirst(review.get_verdict_display())
        yield Happened(review.decided_at, what, str(review.officer), (f"{review.scheme}{reason}",))


def _scheme_events(submission: Submission) -> Iterator[Happened]:
    for event in submission.scheme_events.select_related("actor", "scheme__current", "undoes"):
        told = str(event.scheme)
        if event.euros is not None:
            told += f" ({typography.euros(event.euros)})"
        if event.undoes:
            told += f"\xa0: {LABELS[event.undoes.state]}"
        elif event.happened_on != timezone.localdate(event.recorded_at):
            told += f", {day_in_words(event.happened_on)}"
        who = _by(event.actor)
        if event.origin == SchemeEvent.Origin.OPERATOR:
            who = _("%(person)s, d’après le porteur") % {"person": event.actor}
        yield Happened(event.recorded_at, capfirst(event.get_state_display()), who, (told,))


def _steps(submission: Submission) -> Iterator[Happened]:
    steps = FollowUp.objects.standing().filter(submission=submission).exclude(step__in=FollowUp.TO_READ)
    for step in steps.select_related("scheme__current", "recorded_by", "done_by"):
        due = _("pour le %(day)s") % {"day": day_in_words(step.due_on)} if step.due_on else ""
        told = tuple(filter(None, (str(step.scheme or ""), due, step.note)))
        what = capfirst(step.get_step_display())
        yield Happened(step.recorded_at, what, str(step.recorded_by or _service()), told)
        if step.agreed_at:
            yield Happened(step.agreed_at, _("Jour d’appel confirmé"), _by(None), (due,))
        if step.done_at and step.done_at != step.recorded_at:
            done = f"{capfirst(step.end_label)} : {step.get_step_display()}"
            yield Happened(step.done_at, done, str(step.done_by or _service()), told)


def _notes(submission: Submission, viewer: User) -> Iterator[Happened]:
    for note in submission.notes.visible_to(viewer).select_related("author"):
        yield Happened(note.written_at, _("Note écrite"), note.who, (Truncator(note.text).words(N_WORDS),))


def _offers(submission: Submission) -> Iterator[Happened]:
    for offer in submission.hand_overs.select_related("by", "to", "to_epci", "answered_by"):
        by = str(offer.by) if offer.by else _by(None)
        yield Happened(offer.offered_at, _("Proposé à un autre"), by, (offer.whom,))
        if offer.answered_at:
            what = _("Proposition %(answer)s") % {"answer": offer.get_state_display()}
            # Something else ends one that is withdrawn: another offer, a colleague who takes the file, a closing.
            who = _service() if offer.state == HandOver.State.WITHDRAWN else offer.answered_by or offer.whom
            yield Happened(offer.answered_at, what, str(who), (offer.whom,))


def _shares(submission: Submission) -> Iterator[Happened]:
    for share in submission.partner_shares.select_related("organisation", "asked_by", "agreed_by"):
        partner = (str(share.organisation),)
        yield Happened(share.asked_at, _("Partage proposé"), str(share.asked_by), partner)
        if share.agreed_at:
            yield Happened(share.agreed_at, _("Partage accepté"), _by(share.agreed_by), partner)
        if share.ended_at:
            yield Happened(share.ended_at, _("Fin du partage"), share.get_ending_display(), partner)


def _ratings(submission: Submission) -> Iterator[Happened]:
    for survey in submission.surveys.exclude(grade=""):
        if survey.answered_at:
            grade = survey.get_grade_display()
            yield Happened(survey.answered_at, _("A dit si le service était utile"), _by(None), (grade,))


def _closings(submission: Submission) -> Iterator[Happened]:
    for event in submission.file_events.select_related("actor"):
        if event.kind == FileEvent.Kind.CLOSED:
            yield Happened(event.recorded_at, _("Dossier clos"), event.who, (event.get_reason_display(),))
        else:
            yield Happened(event.recorded_at, _("Dossier rouvert"), event.who)


def _calls(submission: Submission) -> Iterator[Happened]:
    for call in CallRequest.objects.of_file(submission).select_related("done_by"):
        yield Happened(call.asked_at, _("A demandé un appel"), _by(None), (call.get_call_slot_display(),))
        if call.done_at:
            yield Happened(call.done_at, _("Appel demandé : traité"), str(call.done_by or _service()))


def _emails(submission: Submission) -> Iterator[Happened]:
    """What left for its contact; what waits or was stopped is among its e-mails."""
    for email in to_contact(submission).filter(state=Notification.State.SENT):
        came_back = f" ({delivery_of(email)})" if has_failed(email) else ""
        if email.ended_at:
            what = f"{KINDS[email.kind].label}{came_back}"
            yield Happened(email.ended_at, _("Courriel envoyé"), _service(), (what,))


ROWS = (
    _filing, _facts, _needs, _aids, _reviews, _scheme_events, _steps, _offers, _shares, _ratings, _closings, _calls,
    _emails,
)  # fmt: skip

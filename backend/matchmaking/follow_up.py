"""Following a file after and around its review: who follows it, what happened, what people write."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from enum import StrEnum

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from backend.accounts.models import Organisation, User
from backend.common.days import add_working_days, current_day
from backend.journal.models import Kind
from backend.journal.services import record_event
from backend.matchmaking.emails import (
    enqueue_offer,
    enqueue_offer_answer,
    enqueue_officer_wrote,
)
from backend.matchmaking.file_events import reopen_on_event
from backend.matchmaking.in_charge import assign_epci, check_may_decide, may_decide
from backend.matchmaking.models import CallRequest, FollowUp, HandOver, Note, PartnerShare, Submission
from backend.matchmaking.moves import Left, enqueue_moves
from backend.matchmaking.partner_emails import enqueue_file_shared
from backend.matchmaking.referrals import may_answer, open_referral, withdraw_offers
from backend.notifications.models import Notification
from backend.notifications.services import take_back
from backend.schemes.models import Scheme
from backend.territories.models import ServedEpci

State = Notification.State

NOT_YET = (
    "L’entreprise n’a pas encore confirmé son adresse : jusque-là, son dossier reste dans votre intercommunalité."
)

MOST_NOTE = 300  # characters
TO_COME = "Le {day} est à venir : donnez le jour où c’est arrivé, ou laissez vide pour aujourd’hui."


class FollowUpError(ValueError):
    """Something that cannot be done with a file, with a sentence for the officer."""


def note_event(
    kind: Kind, submission: Submission, officer: User, *, account: User | None = None, detail: str = ""
) -> None:
    """Write in the journal what somebody did with a file; ``account``: with whom."""
    record_event(
        kind=kind,
        actor=officer,
        account=account,
        submission_id=submission.pk,
        epci_id=submission.epci_id,
        detail=detail,
    )


# -- who follows the file


@transaction.atomic
def take_file(*, submission: Submission, officer: User, seen: int | None = None) -> None:
    """Take a file that nobody follows, or a colleague's who agreed by word of mouth: the last who takes it has it.
    Who had it is told. ``seen`` is who followed it on the officer's page, 0 for nobody: ``FollowUpError`` where
    somebody else does by now.
    """
    enqueue_moves([take_over(submission, officer, seen=seen)], to=officer, by=officer)


def take_over(submission: Submission, officer: User, *, seen: int | None = None) -> Left:
    """Take a file as ``take_file`` does; return it with who followed it, whom the caller tells of all at once."""
    submission = Submission.objects.locked(submission.pk)
    check_may_decide(officer, submission)
    if seen is not None and submission.officer_id not in (None, seen, officer.pk):
        raise FollowUpError(
            f"Pendant ce temps, {submission.officer} a pris ce dossier. Prenez-le si c’est convenu entre vous."
        )
    former, submission.officer = submission.officer, officer
    submission.save(update_fields=["officer"])
    submission.hand_overs.waiting().to_people().update(state=HandOver.State.WITHDRAWN, answered_at=timezone.now())
    note_event(Kind.FILE_TAKEN, submission, officer)
    return submission, former


@transaction.atomic
def offer_file(*, submission: Submission, by: User, to: User, note: str = "") -> HandOver:
    """Offer a file to another officer, of any intercommunality, who is told and takes it or not.

    Raises ``FollowUpError`` where that person cannot take it, or has the offer already.
    """
    submission = Submission.objects.locked(submission.pk)
    check_may_decide(by, submission)
    if not to.is_officer:
        raise FollowUpError(f"{to} ne relit pas de demandes : choisissez un développeur économique en poste.")
    if submission.awaits_firm and not may_decide(officer=to, submission=submission):
        raise FollowUpError(NOT_YET)
    if to == submission.officer or to == by:
        raise FollowUpError(f"Ce dossier est déjà suivi par {to}." if to == submission.officer else "C’est vous-même.")
    waiting = submission.hand_overs.filter(state=HandOver.State.OFFERED)
    if open_offer := waiting.filter(Q(to=to) | Q(to_epci__isnull=False)).first():
        raise FollowUpError(f"Ce dossier est déjà proposé à {open_offer.whom}, qui n’a pas encore répondu.")
    now = timezone.now()
    waiting.update(state=HandOver.State.WITHDRAWN, answered_at=now)
    reopen_on_event(submission, actor=by)
    hand_over = HandOver.objects.create(submission=submission, by=by, to=to, note=note.strip(), offered_at=now)
    enqueue_offer([hand_over], to=to)
    note_event(Kind.HAND_OVER_OFFERED, submission, by, account=to)
    return hand_over


@transaction.atomic
def refer_file(*, submission: Submission, epci: ServedEpci, by: User, note: str = "") -> HandOver:
    """Offer a file to another intercommunality, whose officers read it meanwhile and take it or not.

    Raises ``PermissionDenied`` where ``by`` does not review the file, ``FollowUpError`` where it is closed, that
    intercommunality's already, or offered to somebody.
    """
    submission = Submission.objects.locked(submission.pk)
    if submission.closed_at:
        raise FollowUpError("Ce dossier est fermé : rouvrez-le avant de le proposer.")
    check_may_decide(by, submission)
    if submission.awaits_firm:
        raise FollowUpError(NOT_YET)
    if epci == submission.epci:
        raise FollowUpError(f"Ce dossier est déjà celui de cette intercommunalité : {epci.usual_name}.")
    if waiting := submission.hand_overs.waiting().first():
        raise FollowUpError(
            f"Ce dossier est déjà proposé à {waiting.whom} : attendez la réponse, ou retirez cette proposition."
        )
    return open_referral(submission=submission, epci=epci, by=by, note=note)


@transaction.atomic
def take_back_offer(*, submission: Submission, officer: User) -> None:
    """Take back what is offered of a file, to a colleague or an intercommunality."""
    submission = Submission.objects.locked(submission.pk)
    check_may_decide(officer, submission)
    withdraw_offers(submission)


@transaction.atomic
def answer_offers(*, hand_overs: Iterable[HandOver], to: User, accept: bool, answer: str = "") -> int:
    """Take files that were offered, or decline them with a sentence; return how many offers were still waiting.

    A file of another intercommunality follows the officer who takes it; who offered it, or followed it, is told.
    Raises ``FollowUpError`` where a referral is declined without a word, or is its lead's to decide by now.
    """
    offers = HandOver.objects.offered_to(to).filter(pk__in=[offer.pk for offer in hand_overs])
    # The files first, as everywhere: who gives them away at this moment waits, and is not waited for.
    files = Submission.objects.filter(pk__in=list(offers.values_list("submission", flat=True)))
    list(files.select_for_update(of=("self",)).order_by("pk").values_list("pk"))
    rows = list(offers.select_for_update(of=("self",)).select_related("submission__officer", "to_epci", "by"))
    left = [each for offer in rows for each in _answer(offer, to, accept=accept, answer=answer.strip())]
    enqueue_moves(left, to=to, by=to)
    declined: dict[User, list[HandOver]] = defaultdict(list)
    for offer in rows:
        if not accept and not offer.to_epci and (sender := _sender_of(offer)):
            declined[sender].append(offer)
    for sender, theirs in declined.items():
        enqueue_offer_answer(theirs, to=sender)
    return len(rows)


def _answer(offer: HandOver, user: User, *, accept: bool, answer: str) -> list[Left]:
    """Answer one offer; return the file with those whom it left and whom nothing else tells so."""
    submission = Submission.objects.locked(offer.submission_id)
    if not may_answer(user=user, offer=offer, on=current_day()):
        raise FollowUpError(
            f"{submission.reference} attend depuis trop longtemps : c’est à votre responsable de décider."
        )
    if offer.to_epci and not accept and not answer:
        raise FollowUpError(
            f"Dites en une phrase pourquoi vous refusez {submission.reference} : qui l’a envoyé la lira."
        )
    offer.state = HandOver.State.ACCEPTED if accept else HandOver.State.DECLINED
    offer.answered_at, offer.answered_by, offer.answer = timezone.now(), user, answer
    offer.save(update_fields=["state", "answered_at", "answered_by", "answer"])
    note_event(Kind.HAND_OVER_ANSWERED, submission, user, detail=offer.state)
    sender = _sender_of(offer)
    left = [(submission, submission.officer), (submission, offer.by)] if accept else []
    if accept:
        if offer.to_epci:
            note_event(Kind.FILE_REROUTED, submission, user)
        _give(submission, user, epci=offer.to_epci)
    if offer.to_epci and sender:
        enqueue_offer_answer([offer], to=sender)
        return [each for each in left if sender not in each]
    return left


def _sender_of(offer: HandOver) -> User | None:
    """Return who reads what was answered: who made the offer, else who follows the file."""
    return next((one for one in (offer.by, offer.submission.officer) if one and one.is_active), None)


def _give(submission: Submission, officer: User, *, epci: ServedEpci | None) -> None:
    if epci or not may_decide(officer=officer, submission=submission):
        assign_epci(submission, epci or next(iter(officer.epcis())))
    submission.officer = officer
    submission.save(update_fields=["epci", "officer"])


# -- what happened


@transaction.atomic
def record_step(
    *,
    submission: Submission,
    officer: User,
    step: str,
    scheme: Scheme | None = None,
    note: str = "",
    due_on: date | None = None,
    happened_on: date | None = None,
) -> FollowUp:
    """Record what happened around a file, or what is still to be done; ``due_on`` is when to call again.

    A call that was made on an earlier day (``happened_on``) says so in its note. A firm that did not answer is called
    again on ``next_call``, counted from that day, unless another one is chosen. Raises ``FollowUpError`` where the
    step is unknown, promises a call for no day, was on a day to come, or leaves no room for its note beside its day.
    """
    submission = Submission.objects.locked(submission.pk)
    check_may_decide(officer, submission)
    if step not in FollowUp.Step.values or step in FollowUp.BY_SERVICE:
        raise FollowUpError("Choisissez une étape dans la liste.")
    if step == FollowUp.Step.CALL_BACK and due_on is None:
        raise FollowUpError("Dites quel jour rappeler l’entreprise.")
    if step == FollowUp.Step.PARTNER and not note.strip():
        raise FollowUpError("Dites quel partenaire il faut trouver.")
    on = current_day()
    happened_on = happened_on or on
    if happened_on > on:
        raise FollowUpError(TO_COME.format(day=f"{happened_on:%d/%m/%Y}"))
    reopen_on_event(submission, actor=officer)
    now = timezone.now()
    done = step not in FollowUp.TO_DO
    if step in FollowUp.MADE and happened_on < on:
        note = f"c’était le {happened_on:%d/%m/%Y}{' – ' if note.strip() else ''}{note.strip()}"
    note = note.strip()
    if len(note) > MOST_NOTE:
        raise FollowUpError(
            f"{MOST_NOTE} signes au plus avec le jour : il y en a {len(note)}, raccourcissez la précision."
        )
    if step == FollowUp.Step.NO_ANSWER:
        due_on = due_on or max(on, next_call(submission, on=happened_on))
    _end_calls_made(submission, officer, step)
    return FollowUp.objects.create(
        submission=submission,
        scheme=scheme,
        step=step,
        note=note,
        due_on=due_on if step in FollowUp.CALLS else None,
        recorded_by=officer,
        recorded_at=now,
        done_at=now if done else None,
        done_by=officer if done else None,
    )


def next_call(submission: Submission, *, on: date) -> date:
    """Return the working day on which to call again a firm that does not answer, later after each call in vain."""
    calls = submission.follow_ups.standing()
    answered = calls.filter(step=FollowUp.Step.CONTACTED).order_by("-recorded_at", "-pk").first()
    in_vain = calls.filter(step=FollowUp.Step.NO_ANSWER)
    n = (in_vain.filter(recorded_at__gt=answered.recorded_at) if answered else in_vain).count()
    return add_working_days(on, FollowUp.RETRIES[min(n, len(FollowUp.RETRIES) - 1)])


def _end_calls_made(submission: Submission, officer: User, step: str) -> None:
    """Mark as done the calls that a new one was: to make again, asked for by the firm, promised for that day."""
    if step not in {FollowUp.Step.CONTACTED, *FollowUp.CALLS}:
        return
    made = Q(step=FollowUp.Step.NO_ANSWER)
    if step == FollowUp.Step.NO_ANSWER:
        made |= Q(step=FollowUp.Step.CALL_BACK, due_on__lte=current_day())
    submission.follow_ups.to_do().filter(made).update(done_at=timezone.now(), done_by=officer)
    if step == FollowUp.Step.CONTACTED:
        CallRequest.objects.of_file(submission).waiting().update(done_at=timezone.now(), done_by=officer)


@transaction.atomic
def close_step(*, follow_up: FollowUp, officer: User, cancel: bool = False) -> None:
    """Mark a step as done, or cancel one that was recorded by mistake."""
    check_may_decide(officer, follow_up.submission)
    now = timezone.now()
    if cancel:
        FollowUp.objects.standing().filter(pk=follow_up.pk).update(cancelled_at=now)
    else:
        FollowUp.objects.to_do().filter(pk=follow_up.pk).update(done_at=now, done_by=officer)


@transaction.atomic
def reopen_step(*, follow_up: FollowUp, officer: User) -> None:
    """Take back that a step was done. Raises ``FollowUpError`` for one that officers do not record as to be done."""
    submission = Submission.objects.locked(follow_up.submission_id)
    check_may_decide(officer, submission)
    if follow_up.step not in FollowUp.TO_DO:
        raise FollowUpError("Cette étape ne se reprend pas : notez-en une autre.")
    if FollowUp.objects.standing().filter(pk=follow_up.pk).update(done_at=None, done_by=None):
        reopen_on_event(submission, actor=officer)


# -- notes


class ItsEmail(StrEnum):
    """What becomes of the e-mail of a note that is taken back."""

    STOPPED = "stopped"
    GONE = "gone"  # it left, or is leaving right now
    NONE = "none"  # none was owed, or it was given up before


@transaction.atomic
def write_note(
    *,
    submission: Submission,
    author: User,
    audience: str,
    text: str,
    share: PartnerShare | None = None,
    by_email: bool = True,
) -> Note:
    """Write a note on a file for an audience that was chosen; ``share`` says which partner reads it, and is told.

    What is for the firm is sent to it too, where its address is confirmed, unless ``by_email`` says not to (a word to
    several firms): who writes to one firm has read what it wrote. Raises ``FollowUpError`` where the audience was not
    chosen or nothing is written.
    """
    submission = Submission.objects.locked(submission.pk)
    check_may_decide(author, submission)
    if audience not in Note.Audience.values:
        raise FollowUpError("Choisissez qui lira cette note : ce n’est jamais supposé.")
    if not text.strip():
        raise FollowUpError("Écrivez la note.")
    partner = submission.partner_shares.live().filter(pk=share.pk).first() if share else None
    if audience == Note.Audience.PARTNER and partner is None:
        raise FollowUpError("Ce partenaire ne lit plus ce dossier : choisissez de nouveau qui lira cette note.")
    reopen_on_event(submission, actor=author)
    note = Note.objects.create(
        submission=submission,
        author=author,
        organisation=_organisation_of(author, submission),
        audience=audience,
        share=partner,
        text=text.strip(),
        written_at=timezone.now(),
    )
    if partner:
        enqueue_file_shared(partner, by=author, note=note)
    if audience == Note.Audience.FIRM and by_email:
        unread = FollowUp.objects.to_do().filter(submission=submission, step=FollowUp.Step.FIRM_SAID)
        unread.update(done_at=note.written_at, done_by=author)
        if submission.confirmed_at:
            enqueue_officer_wrote(note, by=author)
    return note


def _organisation_of(officer: User, submission: Submission) -> Organisation:
    """Return the organisation someone works for on a file: the one in charge, else their own."""
    own = Organisation.objects.filter(memberships__in=officer.memberships.reviewing()).order_by("pk")
    return own.filter(epci=submission.epci).first() or own[0]


@transaction.atomic
def withdraw_note(*, note: Note, author: User) -> ItsEmail | None:
    """Take one's own note back: nobody reads it any more, nor owes its reading.

    Return what becomes of its e-mail; none where the note is another author's or no longer stood.
    """
    now = timezone.now()
    if not Note.objects.standing().filter(pk=note.pk, author=author).update(withdrawn_at=now):
        return None
    FollowUp.objects.to_do().filter(notes=note).update(cancelled_at=now)
    if take_back(about=note.topic, kinds=("officer_wrote",), why="Note retirée par son auteur."):
        return ItsEmail.STOPPED
    gone = Notification.objects.about(note.topic).filter(state__in=(State.CLAIMED, State.SENT))
    return ItsEmail.GONE if gone.exists() else ItsEmail.NONE

"""Saying something of a scheme for a firm, as the firm or an officer, and taking it back, by the transitions."""

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import Any, TypedDict, Unpack

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from backend.accounts.models import User
from backend.matchmaking.file_events import reopen_on_event
from backend.matchmaking.in_charge import check_may_decide
from backend.matchmaking.models import Review, SchemeEvent, Submission
from backend.matchmaking.outcomes import end_questions
from backend.matchmaking.results import latest_result
from backend.matchmaking.states import Said, SchemeState, states_of, word_of_event, word_of_review
from backend.matchmaking.transitions import (
    KEPT,
    MAY_SAY,
    WITH_EUROS,
    Origin,
    State,
    allowed,
    allowed_to_staff,
    last_of,
)
from backend.schemes.models import Scheme

MOST_BACK = timedelta(days=3653)  # of a day that a step speaks of
MOST_BEFORE = timedelta(days=365)  # of what was granted before its file came: earlier, the firm had it already


class StateError(ValueError):
    """Something that cannot be said of a scheme, with a sentence for who said it."""


class Details(TypedDict, total=False):
    """What goes with a step: the day it speaks of, the reason of a firm or of an operator, a word, an amount."""

    happened_on: date | None
    reason: str
    refusal: str
    note: str
    euros: int | None


@transaction.atomic
def say(
    *,
    submission: Submission,
    scheme: Scheme,
    state: str,
    on: date,
    officer: User | None = None,
    by_operator: bool = False,
    **details: Unpack[Details],
) -> SchemeEvent:
    """Record what the firm says of a scheme, or an officer; without ``happened_on``, it happened today.

    The same word sent twice is one row. Said again with the amount that it lacked, it takes the place of the first,
    of the same day. Raises ``PermissionDenied`` if the officer is not in charge, ``StateError``
    where it may not follow what was said, where the scheme is not one that the file was answered, or where the reason
    or the day cannot be.
    """
    submission = _lock(submission, officer)
    origin = _origin(officer, by_operator=by_operator)
    if state not in MAY_SAY[origin]:
        if by_operator:
            raise StateError(_("Un porteur dit qu’une demande est déposée, obtenue ou refusée : décochez la case."))
        raise StateError(_("Choisissez une étape dans la liste."))
    happened_on, note = details.get("happened_on") or on, details.get("note", "").strip()[:300]
    match = latest_result(submission, on=on).matches.filter(scheme=scheme).select_related("revision").first()
    told = states_of(submission, told=officer is None).own.get(scheme.pk)
    if match is None and told is None:
        raise StateError(_("Ce dispositif n’est pas, ou plus, dans le résultat de cette demande."))
    euros = details.get("euros") if state in WITH_EUROS else None
    lacking = _without_amount(told, state, officer) if euros is not None else None
    if lacking:
        happened_on, note = details.get("happened_on") or lacking.happened_on, note or lacking.note
    reason = details.get("reason", "") if state == State.SET_ASIDE else ""
    refusal = details.get("refusal", "") if state == State.REFUSED and officer else ""
    sent = {
        "state": state,
        "origin": origin,
        "reason": reason,
        "refusal": refusal,
        "note": note,
        "euros": euros,
        "happened_on": happened_on,
    }
    if again := _said_last(told, sent):
        return again
    if not lacking:
        _check_follows(State(state), told, origin)
    if state == State.SET_ASIDE and reason not in SchemeEvent.Reason.values:
        raise StateError(_("Dites pourquoi ce dispositif n’est pas pour vous : choisissez une raison."))
    if refusal and refusal not in SchemeEvent.Refusal.values:
        raise StateError(_("Cette raison de refus n’est pas dans la liste : choisissez-en une, ou « non dite »."))
    if not on - MOST_BACK <= happened_on <= on:
        sentence = _("Le {day} est à venir : donnez le jour où c’est arrivé, ou laissez vide pour aujourd’hui.")
        if happened_on < on:
            sentence = _("Le {day} est trop ancien : donnez un jour des dix dernières années.")
        raise StateError(str(sentence).format(day=f"{happened_on:%d/%m/%Y}"))
    if state == State.GRANTED and happened_on < min(submission.filed_on, on) - MOST_BEFORE:
        sentence = _("Le {day} est plus d’un an avant votre demande : dites plutôt « je l’ai déjà ».")
        if officer:
            sentence = _("Le {day} est plus d’un an avant la demande : écartez-le, « l’entreprise l’a déjà ».")
        raise StateError(str(sentence).format(day=f"{happened_on:%d/%m/%Y}"))
    reopen_on_event(submission, actor=officer)
    if lacking:
        _withdraw(lacking, officer, on=on)
    event = SchemeEvent.objects.create(
        submission=submission,
        scheme=scheme,
        revision=match.revision if match else scheme.current,
        actor=officer,
        recorded_at=timezone.now(),
        **sent,
    )
    end_questions(submission)
    return event


@transaction.atomic
def undo_last(
    *, submission: Submission, scheme: Scheme, on: date, officer: User | None = None, named: int | None = None
) -> SchemeEvent:
    """Take back the last word of the firm on a scheme, or of those who follow it; what was said before counts again.

    ``named`` is the key of the word that is meant. Raises ``PermissionDenied`` if the officer is not in charge,
    ``StateError`` where there is none, where another one was said since, or where the other voice said since what
    would stand on nothing.
    """
    submission = _lock(submission, officer)
    rows = SchemeEvent.objects.standing().filter(submission=submission, scheme=scheme)
    events = list(rows.select_related("actor", "revision", "scheme__current").order_by("recorded_at", "pk"))
    own = [event for event in events if (event.origin == Origin.FIRM) == (officer is None)]
    if not own:
        raise StateError(_("Il n’y a rien à annuler sur ce dispositif."))
    if named is not None and own[-1].pk != named:
        sentence = _("Rien n’est annulé : « {last} » a été dit en dernier. Relisez, puis annulez-le s’il est faux.")
        raise StateError(str(sentence).format(last=own[-1].get_state_display()))
    _check_stands_without(
        own[-1], events, submission.reviews.filter(scheme=scheme).order_by("decided_at", "pk").last()
    )
    reopen_on_event(submission, actor=officer)
    return _withdraw(own[-1], officer, on=on)


def _withdraw(event: SchemeEvent, officer: User | None, *, on: date) -> SchemeEvent:
    return SchemeEvent.objects.create(
        submission_id=event.submission_id,
        scheme_id=event.scheme_id,
        state=State.WITHDRAWN,
        origin=_origin(officer),
        actor=officer,
        happened_on=on,
        recorded_at=timezone.now(),
        undoes=event,
    )


def _lock(submission: Submission, officer: User | None) -> Submission:
    """Two people speak of a scheme at once: the second sees what the first said."""
    submission = Submission.objects.locked(submission.pk)
    if officer is not None:
        check_may_decide(officer, submission)
    return submission


def _origin(officer: User | None, *, by_operator: bool = False) -> Origin:
    if officer is None:
        return Origin.FIRM
    return Origin.OPERATOR if by_operator else Origin.OFFICER


def _last_event(told: SchemeState | None) -> SchemeEvent | None:
    """Return what was said last of a scheme, by anybody; none where a verdict was given since."""
    words = told.words if told else []
    return words[0].event if words and told and not (told.verdict and told.verdict.decided_at > words[0].at) else None


def _without_amount(told: SchemeState | None, state: str, officer: User | None) -> SchemeEvent | None:
    """Return the last word of a scheme where the same voice says it again and gave no amount."""
    last = _last_event(told)
    is_same = last is not None and last.state == state and (last.origin == Origin.FIRM) == (officer is None)
    return last if last and is_same and last.euros is None else None


def _said_last(told: SchemeState | None, sent: Mapping[str, Any]) -> SchemeEvent | None:
    """Return what was said last of a scheme where it is the same, word for word: a form that was sent twice."""
    last = _last_event(told)
    return last if last and all(getattr(last, name) == value for name, value in sent.items()) else None


def _check_follows(state: State, told: SchemeState | None, origin: str) -> None:
    """Raise ``StateError`` where a word cannot follow the last ones."""
    firm, staff = (told.firm, told.staff) if told else (None, None)
    is_firms = origin == Origin.FIRM
    if state in (allowed(firm, staff) if is_firms else allowed_to_staff(firm, staff)):
        return
    last = max((word for word in (firm, staff) if word and word.state != KEPT), key=lambda word: word.at, default=None)
    if last is None:
        raise StateError(
            str(_("Avant « {state} », notez « {applied} ».")).format(state=state.label, applied=State.APPLIED.label)
        )
    day = f"{timezone.localdate(last.at):%d/%m/%Y}"
    sentence = _("« {state} » ne peut pas suivre « {last} », noté le {day} : annulez-le d’abord, s’il est faux.")
    if last.is_firms and not is_firms:
        sentence = _(
            "« {state} » ne peut pas suivre « {last} », noté le {day} par l’entreprise : à elle de l’annuler."
        )
    elif is_firms and not last.is_firms:
        sentence = _("« {state} » ne peut pas suivre « {last} », noté le {day} par {who} : demandez-lui de l’annuler.")
    raise StateError(str(sentence).format(state=state.label, last=last.label, day=day, who=last.who))


def _check_stands_without(gone: SchemeEvent, events: Iterable[SchemeEvent], verdict: Review | None) -> None:
    """Raise ``StateError`` where a later word of the other voice followed from one that is taken back."""
    words: dict[bool, Said] = {}
    at_once = gone.state != State.APPLIED  # an answer to a request that is taken back does not stand by itself
    read = word_of_review(verdict) if verdict else None
    for event in events:
        if event == gone:
            continue
        is_firms = event.origin == Origin.FIRM
        staff = last_of(read if read and read.at < event.recorded_at else None, words.get(False))
        firm = words.get(True)
        may_say = allowed(firm, staff) if is_firms else allowed_to_staff(firm, staff, at_once=at_once)
        if event.recorded_at > gone.recorded_at and event.state not in may_say:
            sentence = _("« {state} », dit après par {who}, en dépend : c’est à annuler d’abord.")
            who = event.actor or Origin.FIRM.label
            raise StateError(str(sentence).format(state=event.get_state_display(), who=who))
        words[is_firms] = word_of_event(event)

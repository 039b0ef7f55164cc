"""The days that an officer has to keep: calls promised, last days of what firms follow, days that these wrote of."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace
from datetime import date
from uuid import NAMESPACE_URL, uuid5

from django.utils.translation import gettext as _

from backend.accounts.models import Absence, User
from backend.common.days import day_in_words
from backend.matchmaking.deadlines import Deadline, dates_of, in_order
from backend.matchmaking.models import FollowUp, Note, SchemeEvent, Submission
from backend.matchmaking.states import states_of_files
from backend.schemes.typography import NBSP


def officer_dates(user: User, *, on: date) -> list[Deadline]:
    """Return the days of the open files that somebody follows and may read, but those on which they are away.

    While somebody is away, the days of their files are those of who stands in. A call that is late stands on its day.
    Neither words, notes nor telephones are told.
    """
    replaced = list(Absence.objects.from_day(on).replaced_by(user).select_related("user"))
    files = list(
        Submission.objects.visible_to(user)
        .still_open()
        .filter(officer__in={user.pk, *(absence.user_id for absence in replaced)})
        .select_related("sheet__establishment", "sheet__company")
    )
    found = _dates([file for file in files if file.officer_id == user.pk], on=on)
    for absence in replaced:
        theirs = _dates([file for file in files if file.officer_id == absence.user_id], on=on)
        found += [_for_who_is_away(day, absence) for day in theirs if absence.starts_on <= day.on <= absence.ends_on]
    away = [(row.starts_on, row.ends_on) for row in Absence.objects.from_day(on).filter(user=user)]
    return in_order(day for day in found if not any(first <= day.on <= last for first, last in away))


def _dates(files: Collection[Submission], *, on: date) -> list[Deadline]:
    return [*_calls(files), *_of_schemes(files, on=on), *_written_by_firms(files, on=on)]


def _calls(files: Iterable[Submission]) -> Iterator[Deadline]:
    by_pk = {file.pk: file for file in files}
    steps = FollowUp.objects.to_do().filter(step__in=FollowUp.CALLS, submission__in=by_pk, due_on__isnull=False)
    for step in steps:
        file = by_pk[step.submission_id]
        assert step.due_on is not None  # noqa: S101 -- as the constraint of the table says
        yield Deadline(
            uid=uuid5(NAMESPACE_URL, f"urn:jonction:call:{file.filing_key}:{step.pk}"),
            on=step.due_on,
            summary=f"{_('À rappeler')}{NBSP}: {file.sheet}",
            description=(
                _("Rappel promis. Demande {reference}.")
                if step.step == FollowUp.Step.CALL_BACK
                else _("Appelée sans réponse. Demande {reference}.")
            ).format(reference=file.reference),
            stated_at=step.recorded_at,
        )


def _of_schemes(files: Iterable[Submission], *, on: date) -> Iterator[Deadline]:
    """Yield the days of what firms follow, each with the firm's name."""
    by_pk = {file.pk: file for file in files}
    said = SchemeEvent.objects.standing().filter(submission__in=by_pk, state=SchemeEvent.State.FOLLOWED)
    for pk, states in states_of_files(set(said.values_list("submission", flat=True))).items():
        for state in states.values():
            if state.is_followed:
                for day in dates_of(state.scheme, state.scheme.current, on=on):
                    yield _for_file(day, by_pk[pk])


def _written_by_firms(files: Iterable[Submission], *, on: date) -> Iterator[Deadline]:
    """Yield the days that firms asked to keep, of which scheme and of whom."""
    by_pk = {file.pk: file for file in files}
    notes = Note.objects.of_firm().filter(submission__in=by_pk, keep_on__gte=on)
    for note in notes.select_related("scheme__current"):
        file = by_pk[note.submission_id]
        assert note.keep_on is not None  # noqa: S101 -- as the query says
        yield Deadline(
            uid=uuid5(NAMESPACE_URL, f"urn:jonction:word:{file.filing_key}:{note.pk}"),
            on=note.keep_on,
            summary=f"{_('Date donnée par l’entreprise')}{NBSP}: {note.scheme} ({file.sheet})",
            description=_("Ses mots sont dans le dossier. Demande {reference}.").format(reference=file.reference),
            stated_at=note.written_at,
        )


def _for_file(day: Deadline, file: Submission) -> Deadline:
    return replace(
        day,
        uid=uuid5(NAMESPACE_URL, f"urn:jonction:file:{file.filing_key}:{day.uid}"),
        summary=f"{day.summary} ({file.sheet})",
    )


def _for_who_is_away(day: Deadline, absence: Absence) -> Deadline:
    instead = _("À la place de {officer}, jusqu’au {day}.").format(
        officer=absence.user, day=day_in_words(absence.ends_on)
    )
    return replace(day, description=f"{day.description} {instead}")

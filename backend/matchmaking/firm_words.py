"""What a firm writes to those who follow its file: of a scheme, such as a quote or a day; of a call, when it suits.

Words alone: no file is taken here. Each opens one step of reading, which stands on the officers' desk.
"""

from datetime import date, timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from backend.matchmaking.file_events import reopen_on_event
from backend.matchmaking.models import Escalation, FollowUp, Note, Submission
from backend.matchmaking.models.follow_up import FollowUpQuerySet
from backend.matchmaking.states import states_of
from backend.schemes.models import Scheme
from backend.schemes.typography import day as day_in_words

MOST_AWAY = timedelta(days=3653)  # of a day to keep
MOST_NOTES = 200  # of one file


class FirmWordError(ValueError):
    """Something that a firm cannot write, with a sentence for it."""


@transaction.atomic
def write_of_scheme(
    *, submission: Submission, scheme: Scheme, text: str, on: date, keep_on: date | None = None
) -> Note:
    """Write of a scheme to those who follow a file; ``keep_on`` is a day for the calendars of both.

    The same words sent twice are one note. Raises ``FirmWordError`` where nothing is written, where the day cannot be,
    or where the scheme is not one that the firm follows.
    """
    submission = Submission.objects.locked(submission.pk)
    state = states_of(submission, told=True).own.get(scheme.pk)
    if state is None or not state.takes_words:
        raise FirmWordError(_("Dites d’abord que ce dispositif vous intéresse : rien n’a été envoyé."))
    if keep_on and not on <= keep_on <= on + MOST_AWAY:
        is_over = _("Le {day} est passé : donnez un jour à venir, ou laissez vide et dites-le dans le texte.")
        is_far = _("Le {day} est trop loin : donnez un jour à moins de dix ans d’aujourd’hui, ou laissez vide.")
        raise FirmWordError((is_over if keep_on < on else is_far).format(day=day_in_words(keep_on)))
    return _write(submission, text, scheme=scheme, keep_on=keep_on)


@transaction.atomic
def agree_to_call(*, submission: Submission, call: FollowUp, on: date) -> FollowUp:
    """Say that the day of a promised call suits the firm, once; what it proposed instead is taken back.

    Raises ``FirmWordError`` where no call stands, or where its day is over.
    """
    submission = Submission.objects.locked(submission.pk)
    call = _promised(submission, call)
    if call.due_on and call.due_on < on:
        raise FirmWordError(_("Ce jour est passé : proposez un autre moment."))
    for note in submission.notes.of_firm().filter(call=call):
        _withdraw(note)
    if call.agreed_at is None:
        call.agreed_at = timezone.now()
        call.save(update_fields=["agreed_at"])
    return call


@transaction.atomic
def propose_call(*, submission: Submission, call: FollowUp, text: str) -> Note:
    """Propose another time for a promised call. Raises ``FirmWordError`` where none stands, or nothing is written."""
    submission = Submission.objects.locked(submission.pk)
    call = _promised(submission, call)
    note = _write(submission, text, call=call)
    call.agreed_at = None
    call.save(update_fields=["agreed_at"])
    return note


@transaction.atomic
def take_back_words(*, submission: Submission, note: int) -> bool:
    """Take back what the firm wrote: nobody reads it any more, nor owes its reading; return whether it stood."""
    submission = Submission.objects.locked(submission.pk)
    found = submission.notes.of_firm().filter(pk=note).first()
    if found is None:
        return False
    _withdraw(found)
    return True


def calls_promised_to(submission: Submission) -> FollowUpQuerySet:
    """Return the calls that officers promised a firm and have not made, the next one first; none once it is closed."""
    promised = submission.follow_ups.to_do().filter(step=FollowUp.Step.CALL_BACK, submission__closed_at=None)
    return promised.order_by("due_on", "pk")


def _promised(submission: Submission, call: FollowUp) -> FollowUp:
    found = calls_promised_to(submission).filter(pk=call.pk).first()
    if found is None:
        raise FirmWordError(_("Ce rappel n’est plus prévu : relisez cette page."))
    return found


def _withdraw(note: Note) -> None:
    note.withdrawn_at = timezone.now()
    note.save(update_fields=["withdrawn_at"])
    unread = FollowUp.objects.to_do().filter(notes=note)
    if not Note.objects.of_firm().filter(step__in=unread.values("pk")).exists():
        unread.update(cancelled_at=note.withdrawn_at)


def _write(
    submission: Submission,
    text: str,
    *,
    scheme: Scheme | None = None,
    keep_on: date | None = None,
    call: FollowUp | None = None,
) -> Note:
    text, notes = text.strip(), submission.notes.of_firm()
    unread = submission.follow_ups.to_do().filter(step=FollowUp.Step.FIRM_SAID)
    if not text:
        raise FirmWordError(_("Écrivez quelques mots : rien n’a été envoyé."))
    sent = {"scheme": scheme, "keep_on": keep_on, "call": call, "text": text}
    if again := notes.filter(**sent, step__in=unread).first():
        return again
    if notes.count() >= MOST_NOTES:
        raise FirmWordError(_("Vous avez déjà écrit {n} messages ici : appelez-nous.").format(n=MOST_NOTES))
    reopen_on_event(submission)
    now = timezone.now()
    # A step of which somebody was told already is told no more: what is added to it would wait in silence.
    untold = unread.exclude(pk__in=Escalation.objects.filter(follow_up__in=unread).values("follow_up"))
    step = untold.first() or submission.follow_ups.create(step=FollowUp.Step.FIRM_SAID, recorded_at=now)
    return Note.objects.create(submission=submission, audience=Note.Audience.FIRM, step=step, written_at=now, **sent)

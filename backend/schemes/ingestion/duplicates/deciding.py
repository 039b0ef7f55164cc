"""What people decide of two sheets that may be of one scheme; a pair is asked again only once one of them changed."""

from datetime import datetime

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone

from backend.accounts.models import User
from backend.schemes.ingestion.changes.following import ChangeError, end_counterpart, make_counterpart
from backend.schemes.ingestion.duplicates.sheets import digest_of
from backend.schemes.models import Counterpart, DuplicateDecision, DuplicatePair, Revision, Scheme

Verdict = DuplicateDecision.Verdict


class DuplicateError(ValueError):
    """What was asked cannot be done, with a sentence for the editor; nothing was kept."""


@transaction.atomic
def decide_pair(
    *,
    pair: DuplicatePair,
    editor: User,
    verdict: str,
    one: Revision,
    other: Revision,
    why: str = "",
    at: datetime | None = None,
) -> DuplicateDecision:
    """Keep what a person decided of two sheets, having read a revision of each; now, or at the moment of several.

    An imported record that is the same as a sheet of ours follows it from then on.
    """
    _need_editor(editor)
    if verdict not in Verdict.values:
        raise DuplicateError(f"« {verdict} » n’est pas une décision.")
    schemes = _locked(pair)
    if [scheme.current_id for scheme in schemes] != [one.pk, other.pk]:
        raise DuplicateError("L’une des deux fiches a changé pendant que vous lisiez. Rien n’a été gardé : relisez.")
    digests = [digest_of(scheme) for scheme in schemes]
    rows = DuplicateDecision.objects.in_force().of(pair)
    held = rows.filter(one_digest=digests[0], other_digest=digests[1]).select_related("by").first()
    if held:
        raise DuplicateError(
            f"{held.by} a déjà décidé de cette paire : « {held.get_verdict_display()} ». Reprenez d’abord sa décision."
        )
    return DuplicateDecision.objects.create(
        one=schemes[0],
        other=schemes[1],
        one_revision=one,
        other_revision=other,
        one_digest=digests[0],
        other_digest=digests[1],
        verdict=verdict,
        why=why.strip(),
        by=editor,
        at=at or timezone.now(),
        counterpart=_follow(schemes, editor) if verdict == Verdict.SAME else None,
    )


@transaction.atomic
def take_back(*, decision: DuplicateDecision, editor: User) -> DuplicateDecision:
    """Take a decision back: the pair is asked again, and what followed from it no longer holds."""
    _need_editor(editor)
    decision = DuplicateDecision.objects.select_for_update(of=("self",)).get(pk=decision.pk)
    if decision.taken_back_at is not None:
        raise DuplicateError("Cette décision a déjà été reprise.")
    decision.taken_back_at, decision.taken_back_by = timezone.now(), editor
    decision.save(update_fields=["taken_back_at", "taken_back_by"])
    counterpart = Counterpart.objects.in_force().filter(pk=decision.counterpart_id or 0).first()
    if counterpart:
        end_counterpart(counterpart=counterpart, editor=editor)
    return decision


def two_of_ours(pair: DuplicatePair) -> bool:
    """Tell whether both sheets are of our catalogue, so that one may take the other one's place."""
    return bool(pair.one.source == Scheme.OWN == pair.other.source)


def _follow(schemes: list[Scheme], editor: User) -> Counterpart | None:
    """Let the imported record of two sheets follow ours; nothing where both are ours, or none is."""
    ours = [scheme for scheme in schemes if scheme.source == Scheme.OWN]
    imported = [scheme for scheme in schemes if scheme.source != Scheme.OWN]
    if len(ours) != 1 or imported[0].current is None:
        return None
    try:
        return make_counterpart(imported=imported[0], ours=ours[0], revision=imported[0].current, editor=editor)
    except ChangeError as error:
        raise DuplicateError(str(error)) from error


def _locked(pair: DuplicatePair) -> list[Scheme]:
    """Return both schemes in the order of the pair, held until the end of the transaction."""
    rows = Scheme.objects.select_for_update(of=("self",)).select_related("current__scheme")
    rows = rows.prefetch_related("current__criteria", "current__roles__operator")
    return list(rows.filter(pk__in=(pair.one_id, pair.other_id)).order_by("pk"))


def _need_editor(user: User) -> None:
    if not user.may_edit_catalogue:
        raise PermissionDenied

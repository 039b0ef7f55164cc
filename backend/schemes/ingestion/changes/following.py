"""What our sheets do with what their sources change: compared field by field, taken by a rule, or decided by a person.

A person decides once on each thing that a source changed, and is not asked again until the source changes it again.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone

from backend.accounts.models import User
from backend.schemes.catalogue.drafts import write_draft
from backend.schemes.catalogue.lifecycle import PublishingError
from backend.schemes.catalogue.publishing import publish_by_rule
from backend.schemes.catalogue.record_types import SchemeRecord
from backend.schemes.catalogue.records import read_record
from backend.schemes.ingestion.changes.fields import PRESENCE, Change, changes, gone, take
from backend.schemes.ingestion.changes.rules import rules_in_force
from backend.schemes.models import Counterpart, FieldDecision, Proposal, Revision, Scheme
from backend.schemes.typography import day as day_in_words

Verdict = FieldDecision.Verdict


class ChangeError(ValueError):
    """What was asked cannot be done, with a sentence for the editor; nothing was kept."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a person says of one change: its verdict and, where it is refused, why."""

    verdict: str
    why: str = ""


@dataclass(slots=True)
class Settled:
    """What became of what sources changed: by the keys of the imported records."""

    by_rule: list[str]
    to_decide: list[str]


class Comparison:
    """A sheet of ours beside what its source says now, and what it said when each field was decided last."""

    def __init__(self, counterpart: Counterpart) -> None:
        imported, ours = counterpart.imported.current, counterpart.ours.current
        if imported is None or ours is None:  # neither is ever taken away once it is there
            raise ChangeError("L’une des deux fiches n’a pas de version.")
        self.counterpart, self.imported, self.ours = counterpart, imported, ours

    @cached_property
    def source(self) -> SchemeRecord:
        return read_record(self.imported)

    @cached_property
    def sheet(self) -> SchemeRecord:
        return read_record(self.ours)

    @cached_property
    def baselines(self) -> dict[str, Revision]:
        """Return the revision with which each field was compared last; under ``""``, all the others.

        What was decided before the whole sheets were compared is part of that comparison.
        """
        compared = self.counterpart.compared
        found = {"": compared}
        for decision in self.counterpart.decisions.select_related("before", "revision", "proposal").order_by("pk"):
            proposal = decision.proposal
            if proposal is not None and proposal.state in Proposal.LOST:
                is_later = proposal.decided_at is not None and proposal.decided_at > self.counterpart.compared_at
                found[decision.field] = decision.before if is_later else compared
            else:
                found[decision.field] = max(decision.revision, compared, key=lambda revision: revision.number)
        return found

    @cached_property
    def pending(self) -> list[Change]:
        """What is to be decided: what our sheet says already is not asked."""
        records = {revision.pk: revision for revision in self.baselines.values()}
        read = {pk: self.source if pk == self.imported.pk else read_record(row) for pk, row in records.items()}
        before = {field: read[revision.pk] for field, revision in self.baselines.items()}
        found = [
            change for change in changes(before=before, after=self.source, ours=self.sheet) if not change.is_taken
        ]
        if self._is_gone():
            left = gone(ours=self.sheet, on=day_in_words(timezone.localdate(self.counterpart.gone_at)))
            found += [] if left.is_taken else [left]
        return found

    def _is_gone(self) -> bool:
        since = self.counterpart.gone_at
        if since is None:
            return False
        decided = self.counterpart.decisions.standing().filter(field=PRESENCE, at__gte=since)
        return not decided.exists()

    def with_taken(self, taken: Iterable[Change]) -> SchemeRecord:
        """Return our sheet as it would be with some of the changes."""
        return take(self.sheet, taken, source=self.source)


# -- which of ours a record describes


@transaction.atomic
def make_counterpart(*, imported: Scheme, ours: Scheme, revision: Revision, editor: User) -> Counterpart:
    """Say that a record describes a sheet of ours, having read a revision of it: what it says later is compared."""
    _need_editor(editor)
    imported = Scheme.objects.select_for_update(of=("self",)).get(pk=imported.pk)
    if imported.source == Scheme.OWN or ours.source != Scheme.OWN or ours.current_id is None:
        raise ChangeError("Une fiche importée se rattache à une fiche de notre catalogue, et à elle seule.")
    if imported.current_id != revision.pk:
        raise ChangeError("La source a changé pendant que vous lisiez : relisez la fiche, puis rattachez-la.")
    held = imported.counterparts.in_force().select_related("ours__current").first()
    if held:
        raise ChangeError(f"Cette fiche correspond déjà à « {held.ours} » : détachez-la d’abord.")
    now = timezone.now()
    return Counterpart.objects.create(
        imported=imported, ours=ours, compared=revision, compared_at=now, made_by=editor, made_at=now
    )


@transaction.atomic
def end_counterpart(*, counterpart: Counterpart, editor: User) -> Counterpart:
    """Say that a record does not describe that sheet after all; what was decided stays readable."""
    _need_editor(editor)
    counterpart = _locked(counterpart)
    counterpart.ended_at, counterpart.ended_by = timezone.now(), editor
    counterpart.save(update_fields=["ended_at", "ended_by"])
    return counterpart


# -- deciding


@transaction.atomic
def decide(
    *,
    counterpart: Counterpart,
    editor: User,
    imported: Revision,
    ours: Revision,
    answers: Mapping[str, Answer],
) -> Proposal | None:
    """Keep what a person decided of some changes, having read both revisions; return the draft of what was taken.

    Nothing is kept where either of the two changed meanwhile, or somebody else decided on one of the changes.
    """
    _need_editor(editor)
    counterpart = _locked(counterpart)
    comparison = Comparison(counterpart)
    if comparison.imported.pk != imported.pk:
        raise ChangeError("La source a encore changé pendant que vous lisiez. Rien n’a été enregistré : relisez.")
    if comparison.ours.pk != ours.pk:
        raise ChangeError("Notre fiche a changé pendant que vous lisiez. Rien n’a été enregistré : relisez.")
    pending = {change.key: change for change in comparison.pending}
    if answers.keys() - pending.keys():
        raise ChangeError("Quelqu’un d’autre a décidé d’un de ces champs. Rien n’a été enregistré : relisez.")
    for key, answer in answers.items():
        if answer.verdict not in (Verdict.ACCEPTED, Verdict.EDITED, Verdict.REJECTED):
            raise ChangeError(f"« {answer.verdict} » n’est pas une décision.")
        if answer.verdict == Verdict.REJECTED and not answer.why.strip():
            raise ChangeError(f"{pending[key].label} : dites pourquoi vous refusez, pour la prochaine personne.")
    taken = [pending[key] for key, answer in answers.items() if answer.verdict != Verdict.REJECTED]
    proposal = _draft(comparison, taken, editor) if taken else None
    for key, answer in answers.items():
        is_taken = answer.verdict != Verdict.REJECTED
        _keep(comparison, pending[key], answer, by=editor, proposal=proposal if is_taken else None)
    if not pending.keys() - answers.keys():
        _compared(counterpart, imported)
    return proposal


def _draft(comparison: Comparison, taken: list[Change], editor: User) -> Proposal:
    scheme = comparison.counterpart.imported
    labels = ", ".join(dict.fromkeys(change.label for change in taken)).lower()
    try:
        return write_draft(
            author=editor,
            record=comparison.with_taken(taken),
            scheme=comparison.counterpart.ours,
            base=comparison.ours,
            comment=f"Repris de {scheme.source}, fiche « {scheme.source_key} » : {labels}.",
            imported=comparison.imported,
        )
    except PublishingError as error:
        raise ChangeError(f"Ces changements ne peuvent pas être repris tels quels. {error}") from error


def _keep(
    comparison: Comparison, change: Change, answer: Answer, *, by: User | None, proposal: Proposal | None
) -> None:
    baselines = comparison.baselines
    FieldDecision.objects.bulk_create(
        FieldDecision(
            counterpart=comparison.counterpart,
            field=field,
            label=change.label,
            verdict=answer.verdict,
            before=baselines.get(field, baselines[""]),
            revision=comparison.imported,
            why=answer.why.strip(),
            by=by,
            at=timezone.now(),
            proposal=proposal,
        )
        for field in change.fields
    )


def _compared(counterpart: Counterpart, imported: Revision) -> None:
    counterpart.compared, counterpart.compared_at = imported, timezone.now()
    counterpart.save(update_fields=["compared", "compared_at"])


# -- after an import


@transaction.atomic
def settle_source(source: str, *, gone: Iterable[str] = (), present: Iterable[str] = ()) -> Settled:
    """Compare the sheets that follow a source with what it says now; take by rule what a rule allows.

    ``gone`` are the keys of records missing from its whole file, ``present`` of those that its file has, whole or not.
    """
    rows = Counterpart.objects.in_force().filter(imported__source=source)
    rows.filter(imported__source_key__in=list(gone), gone_at=None).update(gone_at=timezone.now())
    rows.filter(imported__source_key__in=list(present)).exclude(gone_at=None).update(gone_at=None)
    settled = Settled(by_rule=[], to_decide=[])
    for counterpart in rows.changed().select_related("imported").order_by("imported__source_key"):
        outcome = settle(counterpart)
        if outcome:
            getattr(settled, outcome).append(counterpart.imported.source_key)
    return settled


@transaction.atomic
def settle(counterpart: Counterpart) -> str:
    """Say what is to be done with what a source changed: ``by_rule``, ``to_decide``, or nothing."""
    counterpart = _locked(counterpart)
    comparison = Comparison(counterpart)
    if comparison.pending and not _take_by_rule(comparison):
        return "to_decide"
    _compared(counterpart, comparison.imported)
    return "by_rule" if comparison.pending else ""


def _take_by_rule(comparison: Comparison) -> bool:
    """Publish what changed where nothing but safe fields did, and no person of ours has said otherwise."""
    rules = rules_in_force()
    if not all(change.ours_as_before and rules.allow(change) for change in comparison.pending):
        return False
    imported = comparison.counterpart.imported
    labels = ", ".join(change.label for change in comparison.pending).lower()
    try:
        proposal = publish_by_rule(
            base=comparison.ours,
            record=comparison.with_taken(comparison.pending),
            imported=comparison.imported,
            rule=f"champs sans risque, {rules.version}",
            comment=f"Repris de {imported.source}, fiche « {imported.source_key} » : {labels}.",
        )
    except PublishingError:
        return False
    for change in comparison.pending:
        _keep(comparison, change, Answer(Verdict.BY_RULE), by=None, proposal=proposal)
    return True


# -- rights and locks


def _need_editor(user: User) -> None:
    if not user.may_edit_catalogue:
        raise PermissionDenied


def _locked(counterpart: Counterpart) -> Counterpart:
    """Return a counterpart in force, held until the end of the transaction, with both schemes as they are now."""
    rows = Counterpart.objects.select_for_update(of=("self",))
    rows = rows.select_related("compared", "imported__current__scheme", "ours__current__scheme")
    found = rows.get(pk=counterpart.pk)
    if found.ended_at is not None:
        raise ChangeError("Cette correspondance a été défaite. Rien n’a été enregistré.")
    return found

"""Keeping what was seen of windows, and letting sheets follow it: at once, read afterwards, or proposed (ADR 37)."""

from collections.abc import Collection, Iterable
from datetime import date
from pathlib import Path
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Prefetch
from django.utils import timezone

from backend.accounts.models import User
from backend.common.files import read_yaml
from backend.common.work import Work
from backend.schemes.catalogue.drafts import propose, write_draft
from backend.schemes.catalogue.emails import approvers_to_tell, context_of, tell
from backend.schemes.catalogue.lifecycle import PublishingError
from backend.schemes.catalogue.loading import is_published_by_people
from backend.schemes.catalogue.publishing import publish_by_rule, put_in_force
from backend.schemes.catalogue.record_types import SchemeRecord
from backend.schemes.catalogue.records import read_main, read_record
from backend.schemes.catalogue.reports import report_all
from backend.schemes.catalogue.revising import told, write_revision
from backend.schemes.ingestion.sightings import SHUT, Derived, Effect, derive
from backend.schemes.models import CatalogueTask, Proposal, Revision, Scheme, SheetAnswer, WindowObservation
from backend.schemes.typography import NBSP
from backend.schemes.typography import day as day_in_words

RULE = "constats d’ouverture"
ONCE = ("scheme", "url", "day", "says", "opens_on", "closes_on", "answer")
FIELDS = ("url", "site", "tier", "day", "says", "opens_on", "closes_on", "note", "read_on")


class ObservationError(ValueError):
    """An observation cannot be kept, with a sentence for who gave it."""


# -- keeping


@transaction.atomic
def observe(*, scheme: Scheme, editor: User, on: date, **seen: Any) -> WindowObservation:
    """Keep what a person read of a window, and let its sheet follow at once; ``seen`` has the names of ``FIELDS``."""
    if not editor.may_edit_catalogue:
        raise PermissionDenied
    observation = WindowObservation(scheme=scheme, added_by=editor, added_at=timezone.now(), **seen)
    try:
        observation.full_clean()
    except ValidationError as error:
        raise ObservationError(told(error)) from error
    observation.save()
    follow_some([scheme.pk], on=on)
    return observation


@transaction.atomic
def load_observations(path: Path, *, left_out: Collection[str] = ()) -> int:
    """Keep the observations of a reviewed file that are not kept yet, and return how many there are.

    Of schemes ``left_out`` none is. Raises ``ObservationError`` naming the scheme and what is wrong.
    """
    rows = [row for row in read_yaml(path)["observations"] if row["scheme"] not in left_out]
    schemes = {scheme.source_key: scheme for scheme in Scheme.objects.of_source(Scheme.OWN)}
    for row in rows:
        scheme = schemes.get(row["scheme"])
        if scheme is None:
            raise ObservationError(f"{path.name} : dispositif inconnu : {row['scheme']}")
        keep(
            WindowObservation(
                scheme=scheme, added_at=timezone.now(), **{name: row.get(name) or _EMPTY.get(name) for name in FIELDS}
            )
        )
    return len(rows)


_EMPTY = {"note": ""}  # every other field that is absent is not known


def keep(observation: WindowObservation) -> bool:
    """Keep what a file or a record says, once; tell whether it is new. Raises ``ObservationError``."""
    try:
        observation.full_clean(validate_constraints=False)
    except ValidationError as error:
        raise ObservationError(f"{observation.scheme.source_key} : {told(error)}") from error
    same = {name: getattr(observation, name) for name in ONCE}
    if WindowObservation.objects.filter(**same).exists():
        return False
    try:
        observation.validate_constraints()
    except ValidationError as error:
        raise ObservationError(f"{observation.scheme.source_key} : {told(error)}") from error
    observation.save()
    return True


# -- following


def follow_all(*, on: date) -> int:
    """Let every published sheet of ours say what was seen of its window, and return how many changed."""
    return sum(follow(scheme, on=on) for scheme in _observed())


def follow_some(schemes: Iterable[int], *, on: date) -> int:
    """Do the same for some of them, by their keys in the database."""
    return sum(follow(scheme, on=on) for scheme in _observed().filter(pk__in=schemes))


def follow_observations(*, on: date) -> Work:
    """Do the same, and report what a person has to read."""
    n_changed = follow_all(on=on)
    found = {scheme: to_read(scheme, on=on) for scheme in _observed()}
    n_changed += report_all(
        job=CatalogueTask.Job.WINDOWS, found=found, why_settled=lambda task: "La fiche a été relue."
    )
    return Work(n_looked_at=len(found), n_changed=n_changed)


def _observed() -> Any:
    observations = Prefetch("observations", WindowObservation.objects.standing().select_related("added_by"))
    schemes = Scheme.objects.of_source(Scheme.OWN).published().filter(observations__isnull=False).distinct()
    return schemes.select_related("current__scheme", "current__proposal").prefetch_related(observations)


def follow(scheme: Scheme, *, on: date) -> bool:
    """Put in force, or propose, the window that observations make of a sheet; tell whether anything was done."""
    found = derived_of(scheme, on=on)
    return found is not None and _bring_in(scheme, found)


@transaction.atomic
def _bring_in(scheme: Scheme, found: Derived) -> bool:
    if scheme.current is None:
        return False
    record: SchemeRecord = {**read_record(scheme.current), "window": found.window}
    if found.effect == Effect.PROPOSED:
        return _propose(scheme, record, found)
    if found.observation.is_of_file and not is_published_by_people(scheme):
        return _follow_files(scheme, record, found)
    is_urgent = found.effect == Effect.READ_AFTER
    try:
        proposal = publish_by_rule(
            base=scheme.current,
            record=record,
            rule=RULE,
            comment=in_words(found.observation),
            observed=found.observation,
            is_urgent=is_urgent,
        )
    except PublishingError:
        return False  # somebody is writing this sheet: tomorrow
    if is_urgent:
        _tell_urgent(proposal)
    return True


def _tell_urgent(proposal: Proposal) -> None:
    for reader in approvers_to_tell(proposal):
        tell("proposal_urgent", f"proposal:{proposal.pk}:urgent:{reader.pk}", reader, context_of(proposal))


def shut_by(answer: SheetAnswer) -> Proposal | None:
    """Return the change that an answer made of the window of its sheet."""
    rows = Proposal.objects.filter(observed__answer=answer, rule=RULE).select_related("base", "revision")
    return rows.first()


def put_back(proposal: Proposal, *, comment: str) -> Revision:
    """Put back the window that an answer shut, in force at once and read afterwards: who gave it took it back."""
    scheme = Scheme.objects.select_related("current__scheme").get(proposals=proposal)
    if scheme.current is None or scheme.current_id != proposal.revision_id or proposal.base is None:
        raise ValueError(proposal)
    record: SchemeRecord = {**read_record(scheme.current), "window": read_record(proposal.base)["window"]}
    made = publish_by_rule(base=scheme.current, record=record, rule=RULE, comment=comment, is_urgent=True)
    _tell_urgent(made)
    if made.revision is None:
        raise ValueError(made)
    return made.revision


def _follow_files(scheme: Scheme, record: SchemeRecord, found: Derived) -> bool:
    """Put in force what two reviewed files make together: that of the sheet, and that of what was seen."""
    held = Scheme.objects.select_for_update(of=("self",)).get(pk=scheme.pk)
    revision = write_revision(record, scheme=held, observed=found.observation)
    put_in_force(scheme=held, revision=revision, state=held.state)
    return True


def derived_of(scheme: Scheme, *, on: date) -> Derived | None:
    """Return the window that observations make of a sheet in force, where it says something else."""
    if scheme.current is None:
        return None
    return derive(read_main(scheme.current), scheme.observations.all(), decided_at=_decided_at(scheme.current), on=on)


def _decided_at(revision: Revision) -> Any:
    """Return when a person put a sheet in force; nothing where a file or a rule did."""
    proposal = getattr(revision, "proposal", None)
    return revision.recorded_at if proposal is not None and not proposal.rule else None


def _propose(scheme: Scheme, record: SchemeRecord, found: Derived) -> bool:
    """Propose an opening in the name of who saw it, once; without a person, or a right, it stays to be read."""
    author = found.observation.added_by
    if author is None or not author.may_edit_catalogue or found.observation.proposals.exists():
        return False
    draft = write_draft(
        author=author,
        record=record,
        scheme=scheme,
        base=scheme.current,
        comment=in_words(found.observation),
        observed=found.observation,
    )
    propose(proposal=draft, author=author)
    return True


# -- what is to be read


def to_read(scheme: Scheme, *, on: date) -> dict[str, str]:
    """Return what a person has to read again of a window, by subject: shut by a page, opened again, grown old."""
    revision, found = scheme.current, derived_of(scheme, on=on)
    if revision is None:
        return {}
    texts = dict(_unread(scheme.proposals.unchecked().filter(observed__isnull=False).select_related("observed")))
    if found and found.effect == Effect.PROPOSED and not found.observation.proposals.exists():
        seen = in_words(found.observation)
        texts[f"opened:{found.observation.pk}"] = (
            f"{seen} La fiche dit le contraire{NBSP}: vérifiez, puis proposez-le."
        )
    if revision.seen_until and revision.seen_until < on:
        texts[f"aged:{revision.seen_on}"] = (
            f"Vu ouvert le {day_in_words(revision.seen_on)} ({revision.seen_by}){NBSP}: cela ne vaut que jusqu’au "
            f"{day_in_words(revision.seen_until)}. Relisez {revision.seen_url} et ajoutez ce que la page dit."
        )
    return texts


def _unread(proposals: Iterable[Proposal]) -> Iterable[tuple[str, str]]:
    for proposal in proposals:
        if proposal.observed and proposal.observed.says in SHUT:
            yield f"shut:{proposal.observed_id}", f"{in_words(proposal.observed)} Relisez ce changement."


def in_words(observation: WindowObservation) -> str:
    """Say what was seen, where and of which day, for who reads a proposal or a task."""
    of_day = f", page du {day_in_words(observation.day)}" if observation.day else ", page non datée"
    dates = f" jusqu’au {day_in_words(observation.closes_on)}" if observation.closes_on else ""
    said = observation.get_says_display() if not dates else "ouvert"
    return f"{observation.site} ({observation.get_tier_display()}{of_day}){NBSP}: {said}{dates}. {observation.url}"

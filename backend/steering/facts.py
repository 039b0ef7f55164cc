"""Facts of steering, made from the events of files: all of them each night, those touched today each minute.

One function makes a file's facts whenever that is, so that the nightly rebuild only finds what had escaped.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta

from django.db import transaction
from django.utils import timezone

from backend.common.days import working_days_between
from backend.common.work import Work
from backend.companies.size_bands import size_band
from backend.matchmaking.models import Need, Submission
from backend.matchmaking.results import facts_of_all
from backend.steering.events import events_of, files_touched
from backend.steering.models import FileFact, Step, StepFact
from backend.steering.need_table import pack_needs
from backend.steering.outcomes import mark_firms, write_scheme_facts
from backend.steering.step_counts import add_up, month_of

SHARD = 200  # files made in one transaction
TOUCHED = timedelta(days=1)  # how far back each minute looks: a worker that was down for an hour misses nothing
COLUMNS = ("filed_on", "epci", "commune", "size", "needs")


def rebuild_facts() -> Work:
    """Make the facts of all files, then add all months up again; no fact is written where nothing happened since."""
    work = make_facts(Submission.objects.order_by("pk").values_list("pk", flat=True))
    add_up(FileFact.objects.dates("filed_on", "month"))
    return work


def follow_files(*, on: date) -> Work:
    """Make the facts of the files to which something happened since yesterday."""
    work = make_facts(sorted(files_touched(timezone.now() - TOUCHED)))
    if work.n_changed:
        pack_needs()  # one of them may be of another commune or size
    return work


def make_facts(keys: Iterable[int]) -> Work:
    """Make the facts of some files; count those that were looked at and those that changed."""
    work, keys = Work(), list(keys)
    for first in range(0, len(keys), SHARD):
        shard = keys[first : first + SHARD]
        work.n_looked_at += len(shard)
        work.n_changed += _make_shard(shard)
    mark_firms()
    return work


@transaction.atomic
def _make_shard(keys: Sequence[int]) -> int:
    """Write the facts of some files where they are not what stands; none of them is erased meanwhile."""
    rows = Submission.objects.filter(pk__in=keys).select_for_update(of=("self",)).order_by("pk")
    files = list(rows.select_related("sheet"))
    known = FileFact.objects.in_bulk([file.pk for file in files])
    made = {fact.pk: fact for fact in _file_facts(files, known)}
    changed = [fact for pk, fact in made.items() if pk not in known or _columns(fact) != _columns(known[pk])]
    FileFact.objects.bulk_create(changed, update_conflicts=True, unique_fields=["submission"], update_fields=COLUMNS)
    keys = [file.pk for file in files]
    moved = {fact.pk for fact in changed} | _write_steps(files)
    add_up({month_of(fact.filed_on) for pk in moved for fact in (made[pk], known.get(pk)) if fact})
    return len(moved | write_scheme_facts(keys))


def _columns(fact: FileFact) -> tuple[object, ...]:
    return fact.filed_on, fact.epci_id, fact.commune, fact.size, fact.needs


def _file_facts(files: Sequence[Submission], known: Mapping[int, FileFact]) -> Iterator[FileFact]:
    needs: dict[int, set[str]] = defaultdict(set)
    clear = Need.objects.clear().filter(submission__in=[file.pk for file in files]).order_by()
    for pk, need in clear.values_list("submission", "sub_need__need"):
        needs[pk].add(need)
    live = [file for file in files if not file.erased_at]
    facts = dict(zip((file.pk for file in live), facts_of_all(live), strict=True))
    for file in files:
        row = FileFact(submission=file, filed_on=file.filed_on, epci_id=file.epci_id, needs=sorted(needs[file.pk]))
        if file.erased_at:  # its facts are gone: the size was kept before, and says nothing of who it was
            row.commune, row.size = FileFact.ERASED, known[file.pk].size if file.pk in known else ""
        else:
            told = facts[file.pk]
            row.commune = told.get("project.commune") or told.get("commune") or ""
            row.size = size_band(told.get("headcount"))
        yield row


def _write_steps(files: Sequence[Submission]) -> set[int]:
    """Write the first day of each step; return the files of which one changed."""
    days = {file.pk: file.filed_on for file in files}
    firsts = _first_moments(files)
    standing = {(row.file_id, row.step): row for row in StepFact.objects.filter(file__in=days)}
    wanted = {key: timezone.localdate(moment) for key, moment in firsts.items()}
    for (pk, step), row in standing.items():
        if step == Step.READ:  # the journal forgets after a year that somebody opened a file: who read it has read it
            wanted[pk, step] = min(row.on, wanted.get((pk, step), row.on))
    gone = [row.pk for key, row in standing.items() if key not in wanted]
    StepFact.objects.filter(pk__in=gone).delete()
    made = (
        StepFact(file_id=pk, step=step, on=on, working_days=working_days_between(days[pk], on))
        for (pk, step), on in wanted.items()
    )
    changed = [row for row in made if not _is_same(row, standing.get((row.file_id, row.step)))]
    StepFact.objects.bulk_create(
        changed, update_conflicts=True, unique_fields=["file", "step"], update_fields=["on", "working_days"]
    )
    return {row.file_id for row in changed} | {pk for pk, step in standing.keys() - wanted.keys()}


def _is_same(row: StepFact, other: StepFact | None) -> bool:
    return other is not None and (row.on, row.working_days) == (other.on, other.working_days)


def _first_moments(files: Iterable[Submission]) -> dict[tuple[int, str], datetime]:
    firsts: dict[tuple[int, str], datetime] = {}
    for pk, step, moment in events_of(files):
        firsts[pk, step] = min(moment, firsts.get((pk, step), moment))
    return firsts

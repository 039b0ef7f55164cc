"""The note to the project committee: what stands out, the published tables, and what was decided.

It is handed on, so it tells no small number: what stands out is said of ten files of five firms at least, and rounded
as the published tables are; figures of an action stay on the pages of those who lead.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from statistics import median_high

from django.utils import timezone
from scipy.stats import binomtest

from backend.accounts.models import Organisation
from backend.common.days import add_working_days
from backend.matchmaking.delays import days_to_review, in_working_days
from backend.matchmaking.models import Submission
from backend.schemes.models import Criterion, Revision, TaxonomyNeed
from backend.schemes.wording import sentence
from backend.steering.actions import actions_of
from backend.steering.models import Action, NeedFact, SoleBlocker
from backend.steering.published import Cell, Published, published, shown
from backend.steering.scopes import Scope

LEAST_FILES, LEAST_FIRMS = 10, 5
MOST_DAYS = 21  # working days after which the lead of an intercommunality is told that a file waits
LATELY = timedelta(days=92)  # of actions that are over, those of the last three months
N_BARS = 8
type Row = tuple[str, list[tuple[str, Cell]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """What a committee reads, on a day."""

    on: date
    signals: tuple[str, ...]
    published: Published | None
    to_do: tuple[Action, ...]
    done: tuple[Action, ...]

    def most_asked(self) -> list[tuple[str, int]]:
        """Return the largest cells of needs that are published, each with its need and its intercommunality."""
        if self.published is None:
            return []
        cells = [
            (f"{need}, {epci}", cell)
            for epci, row in self.published.table("besoins").by_epci()
            for need, cell in row
            if isinstance(cell, int)
        ]
        return sorted(cells, key=lambda pair: (-pair[1], pair[0]))[:N_BARS]

    def turned(self) -> Iterator[tuple[str, list[str], list[Row]]]:
        """Yield each published table with a column an intercommunality: its name, those columns, and its rows."""
        for table in self.published.tables if self.published else ():
            epcis = [epci for epci, _cells in table.rows]
            cells = zip(*(row for _epci, row in table.rows), strict=True)
            yield (
                table.name,
                epcis,
                [(label, list(zip(epcis, row, strict=True))) for label, row in zip(table.columns, cells, strict=True)],
            )


def note_of(scope: Scope, *, on: date) -> Note:
    """Return the note of a day, with the actions that a scope reads."""
    actions = actions_of(scope)
    late = sum(action.due_on < on for action in actions.to_do())
    signals = [*_unmet(), *_slow(on), *_waiting(on)]
    if late:
        signals.append("1 action est en retard." if late == 1 else f"{late} actions sont en retard.")
    return Note(
        on=on,
        signals=tuple(signals),
        published=published(),
        to_do=tuple(actions.to_do()),
        done=tuple(actions.filter(done_on__gte=on - LATELY)),
    )


def _unmet() -> Iterator[str]:
    """Say which needs are surely left without an answer more often than not (lower Wilson bound, 95 %)."""
    rows = NeedFact.objects.order_by().values_list("sub_need__need", "file", "standing")
    needs: dict[str, list[tuple[int, bool]]] = defaultdict(list)
    for need, file, standing in rows:
        needs[need].append((file, standing not in NeedFact.MET))
    for key, label in TaxonomyNeed.objects.values_list("key", "label"):
        found = needs.get(key, [])
        if not _is_enough({file for file, _is_unmet in found}):
            continue
        n_unmet = sum(is_unmet for _file, is_unmet in found)
        if binomtest(n_unmet, len(found)).proportion_ci(0.95, method="wilson").low <= 0.5:
            continue
        words = f"{label} : environ {shown(len(found))} besoins, plus d’un sur deux sans réponse."
        words += _blocked(key)
        yield words


def _blocked(need: str) -> str:
    """Say which condition keeps most of the files of a need from a scheme, where those are enough to be spoken of."""
    rows = SoleBlocker.objects.filter(need__sub_need__need=need).order_by("revision", "criterion")
    files: dict[tuple[int, int | None], set[int]] = defaultdict(set)
    for *pair, file in rows.values_list("revision", "criterion", "need__file"):
        files[pair[0], pair[1]].add(file)
    if not files:
        return ""
    most = max(files, key=lambda pair: len(files[pair]))
    found = files[most]
    if not _is_enough(found):
        return ""
    scheme, criterion = Revision.objects.get(pk=most[0]).name, most[1]
    condition = sentence(Criterion.objects.get(pk=criterion).definition) if criterion else "Ses dates"
    return f" « {condition} » ({scheme}) en bloque seul environ {shown(len(found))}."


def _is_enough(files: Collection[int]) -> bool:
    """Tell whether files are enough, and of enough firms, to be spoken of; without a SIREN they prove one firm."""
    if len(files) < LEAST_FILES:
        return False
    firms = Submission.objects.filter(pk__in=files).values("sheet__company").distinct()
    return firms.count() >= LEAST_FIRMS


def _slow(on: date) -> Iterator[str]:
    """Say which intercommunalities take longer than they promised, over the last 90 days."""
    promising = Organisation.objects.filter(promised_days__isnull=False, epci__isnull=False).order_by("epci")
    for epci, name, promised in promising.values_list("epci", "epci__usual_name", "promised_days"):
        days = days_to_review(epci, on=on)
        if not _is_enough(days) or promised is None:
            continue
        median = median_high(days.values())
        if median > promised:
            kept = in_working_days(median)
            yield f"{name} : {in_working_days(promised)} promis, {kept} pour la moitié des demandes."


def _waiting(on: date) -> Iterator[str]:
    limit = add_working_days(on, -MOST_DAYS)
    live = Submission.objects.open_to_officers(timezone.now()).still_open().waiting()
    files = {file.pk for file in live if file.waits_since <= limit}
    if _is_enough(files):
        n = shown(len(files))
        yield f"Environ {n} demandes attendent une réponse depuis {in_working_days(MOST_DAYS)} au moins."

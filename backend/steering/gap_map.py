"""What is asked for and not answered, by commune, need and size: sums of what the engine found last night."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from backend.common.percents import whole_percent
from backend.companies.size_bands import SIZE_LABELS
from backend.matchmaking.standing import Standing
from backend.schemes.catalogue.criteria import sentence
from backend.schemes.catalogue.revision_cache import read_revisions
from backend.schemes.catalogue.taxonomy import sub_needs
from backend.schemes.models import Revision
from backend.steering.models import NeedFact
from backend.steering.need_table import DATES, WAITS, Kept, Needs, read_needs
from backend.steering.scopes import Filters, Scope
from backend.territories.models import Perimeter

KEY = ("commune", "sub_need", "size")  # what a group may be of


@dataclass(frozen=True, slots=True, kw_only=True)
class Blocker:
    """A condition of a scheme that alone keeps some files from it."""

    scheme: str
    condition: str
    n_files: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """Needs of a group of files: each need of each file counts once in ``demand``."""

    key: tuple[str, ...]
    label: str
    n_files: int
    demand: int
    counts: Mapping[Standing, int]
    advised: int  # of the unmet needs: a guide would talk to the firm
    n_answered: int  # of the files
    median: int  # working days until they were answered, that half of the answered ones do not exceed
    blocker: Blocker | None = None

    @property
    def met(self) -> int:
        """Needs for which a scheme is *Éligible*, *Très probable* or *Dates à confirmer*; a guide is none."""
        return sum(self.counts[word] for word in NeedFact.MET)

    @property
    def to_specify(self) -> int:
        """Needs that are not met, and for which a scheme is *À préciser*: a question is open."""
        return self.counts[Standing.TO_SPECIFY]

    @property
    def unmet(self) -> int:
        """Needs that no scheme answers, whatever the firm says: with the met ones and those to specify, all."""
        return self.demand - self.met - self.to_specify

    @property
    def share(self) -> int:
        """The unmet ones, in percent."""
        return whole_percent(self.unmet, self.demand)

    @property
    def best(self) -> str:
        """The best standing of a scheme for any of them, in words."""
        return next((str(word.label) for word in NeedFact.BEST_FIRST if self.counts[word]), "Aucun dispositif")


@dataclass(frozen=True, slots=True, kw_only=True)
class Gaps:
    """The same needs in all and in groups; ``cells`` are by commune, need and size, where they were asked for."""

    total: Gap
    by_commune: list[Gap]
    by_need: list[Gap]
    by_size: list[Gap]
    cells: list[Gap]
    n_unmet_files: int  # that have an unmet need: as many as ``unmet_files`` returns


def gaps(scope: Scope, filters: Filters, *, with_cells: bool = False) -> Gaps:
    """Return what is asked for and not answered in a scope; groups with most unmet needs, then to specify, first."""
    needs = read_needs()
    needs = needs.where(_kept(needs, scope, filters))
    names = _names(needs.words[place] for place in np.unique(needs.needs["commune"]))
    revisions = read_revisions(set(needs.blockers["revision"].tolist()))
    (total,) = _groups(needs, (), names, revisions)
    return Gaps(
        total=total,
        by_commune=_groups(needs, ("commune",), names, revisions),
        by_need=_groups(needs, ("sub_need",), names, revisions),
        by_size=_groups(needs, ("size",), names, revisions),
        cells=_groups(needs, KEY, names, revisions) if with_cells else [],
        n_unmet_files=len(np.unique(needs.needs["file"][needs.is_unmet])),
    )


def unmet_files(scope: Scope, filters: Filters) -> frozenset[int]:
    """Return the numbers of the files of which ``gaps`` counts a need as unmet."""
    needs = read_needs()
    unmet = _kept(needs, scope, filters) & needs.is_unmet
    return frozenset(needs.needs["file"][unmet].tolist())


def _kept(needs: Needs, scope: Scope, filters: Filters) -> Kept:
    asked: list[tuple[str, Sequence[str]]] = [
        ("epci", [] if scope.is_whole else [str(epci.pk) for epci in scope.epcis]),
        ("epci", [str(filters.epci.pk)] if filters.epci else []),
        ("commune", [filters.commune]),
        ("sub_need", [filters.sub_need]),
        ("sub_need", filters.sub_needs),
        ("sub_need", [key for key, one in sub_needs().items() if one.need_id == filters.need] or [filters.need]),
        ("size", [filters.size]),
    ]
    kept = np.ones(len(needs.needs), dtype=bool)
    for column, words in asked:
        if any(words):
            kept &= needs.among(column, words)
    return kept


def _groups(
    needs: Needs, columns: Sequence[str], names: Mapping[tuple[str, str], str], revisions: Mapping[int, Revision]
) -> list[Gap]:
    """Return the needs in groups, each of the same words in some columns; in one group where there is no column."""
    rows, n_words = needs.needs, len(needs.words)
    codes = np.zeros(len(rows), dtype=np.int64)
    for column in columns:
        codes = codes * n_words + rows[column]
    first, group = np.unique(codes, return_index=True, return_inverse=True)[1:]
    n_groups = len(first) if columns else 1
    by_word = np.bincount(group * n_words + rows["standing"], minlength=n_groups * n_words).reshape(n_groups, n_words)
    demand = by_word.sum(axis=1).tolist()
    once = np.ones(len(rows), dtype=bool) if "sub_need" in columns else needs.is_first  # each file of a group
    n_files = np.bincount(group[once], minlength=n_groups).tolist()
    n_answered, medians = _delays(rows["days"][once], group[once], n_groups)
    advised = np.bincount(group[needs.is_advised], minlength=n_groups).tolist()
    standings = {word: by_word[:, needs.places([word])].sum(axis=1).tolist() for word in Standing}
    blockers = _blockers(needs, group, revisions)
    found = []
    for place in range(n_groups):
        key = tuple(needs.words[rows[column][first[place]]] if column in columns else "" for column in KEY)
        labels = [names.get((column, word), "") for column, word in zip(KEY, key, strict=True) if column in columns]
        found.append(
            Gap(
                key=key,
                label=", ".join(filter(None, labels)),
                n_files=n_files[place],
                demand=demand[place],
                counts={word: numbers[place] for word, numbers in standings.items()},
                advised=advised[place],
                n_answered=n_answered[place],
                median=medians[place],
                blocker=blockers.get(place),
            )
        )
    return sorted(found, key=lambda gap: (-gap.unmet, -gap.to_specify, -gap.demand, gap.label))


def _delays(days: NDArray[Any], group: NDArray[np.intp], n_groups: int) -> tuple[list[int], list[int]]:
    """Return, of each group, how many files were answered, and the fewest days that half of them do not exceed."""
    days, group = days[days < WAITS].astype(int), group[days < WAITS]
    width = days.max(initial=0) + 1
    up_to = np.bincount(group * width + days, minlength=n_groups * width).reshape(n_groups, width).cumsum(axis=1)
    n_answered = up_to[:, -1]
    return n_answered.tolist(), (2 * up_to >= n_answered[:, None]).argmax(axis=1).tolist()


def _blockers(needs: Needs, group: NDArray[np.intp], revisions: Mapping[int, Revision]) -> dict[int, Blocker]:
    """Return, of each group, the condition that most files would need to be without."""
    alone, file = needs.blockers, needs.is_first.cumsum()
    both = alone["revision"].astype(np.int64) << 32 | alone["criterion"]
    conditions, condition = np.unique(both, return_inverse=True)
    n_conditions, n_files = len(conditions), len(file) + 1
    codes = (group[alone["need"]] * n_conditions + condition) * n_files + file[alone["need"]]
    found, counts = np.unique(np.unique(codes) // n_files, return_counts=True)  # a file counts once for a condition
    most: dict[int, Blocker] = {}
    for code, n in zip(*(column[np.lexsort((found, -counts))].tolist() for column in (found, counts)), strict=True):
        if code // n_conditions not in most:
            revision, criterion = divmod(int(conditions[code % n_conditions]), 1 << 32)
            most[code // n_conditions] = _blocker(revisions[revision], criterion, n)
    return most


def _blocker(revision: Revision, criterion: int, n_files: int) -> Blocker:
    definitions = {one.pk: one.definition for one in revision.criteria.all()}
    condition = "Ses dates" if criterion == DATES else sentence(definitions[criterion])
    return Blocker(scheme=revision.name, condition=condition, n_files=n_files)


def _names(communes: Iterable[str]) -> dict[tuple[str, str], str]:
    """Return what to call each commune, need and size."""
    codes = [f"COM-{code}" for code in set(communes) if code]
    found = Perimeter.objects.filter(code__in=codes).values_list("code", "name")
    return {
        **{("commune", code.removeprefix("COM-")): name for code, name in found},
        **{("sub_need", key): sub_need.label for key, sub_need in sub_needs().items()},
        **{("size", key): label for key, label in SIZE_LABELS.items()},
        ("commune", ""): "Commune inconnue",
    }

"""What is asked for and not answered, by commune, need and size: sums of what the engine found last night."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Q

from backend.companies.size_bands import SIZE_LABELS
from backend.matchmaking.standing import Standing
from backend.schemes.catalogue.criteria import sentence
from backend.schemes.catalogue.revision_cache import read_revisions
from backend.schemes.catalogue.taxonomy import sub_needs
from backend.steering.models import NeedFact, SoleBlocker
from backend.steering.scopes import Filters, Scope
from backend.steering.sums import read_sums
from backend.territories.models import Perimeter

COUNTS = ", ".join(f"count(*) FILTER (WHERE standing = '{word}')" for word in Standing)
# A file has one commune and one size, and asks once for a need: files are counted without sorting them for each group.
_SUMS = f"""
SELECT commune, sub_need, size, grouping(commune, sub_need, size),
       CASE WHEN grouping(sub_need) = 0 THEN count(*) ELSE count(*) FILTER (WHERE is_first) END, count(*), {COUNTS}
FROM (
    SELECT *, row_number() OVER (PARTITION BY file) = 1 AS is_first
    FROM ({{rows}}) AS needs (file, standing, commune, sub_need, size)
) AS needs
GROUP BY GROUPING SETS ((), (commune), (sub_need), (size){{cells}})
"""  # noqa: S608 -- the words are ours
# Of each sum, the condition that most files would need to be without.
_BLOCKERS = """
SELECT DISTINCT ON (kind, commune, sub_need, size) commune, sub_need, size, kind, revision, criterion, n
FROM (
    SELECT commune, sub_need, size, grouping(commune, sub_need, size) AS kind, revision, criterion,
           count(DISTINCT file) AS n
    FROM ({rows}) AS blockers (file, commune, sub_need, size, revision, criterion)
    GROUP BY GROUPING SETS (
        (revision, criterion), (revision, criterion, commune), (revision, criterion, sub_need),
        (revision, criterion, size){cells}
    )
) AS kept
ORDER BY kind, commune, sub_need, size, n DESC, revision, criterion
"""
ALL, COMMUNE, NEED, SIZE, CELL = 0b111, 0b011, 0b101, 0b110, 0b000  # what is summed over has its bit set


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
    blocker: Blocker | None = None

    @property
    def eligible(self) -> int:
        """Needs for which a scheme is *Éligible*."""
        return self.counts[Standing.ELIGIBLE]

    @property
    def unmet(self) -> int:
        """Needs for which no scheme is *Éligible*, *Très probable* or *Dates à confirmer*."""
        return self.demand - sum(self.counts[word] for word in NeedFact.MET)

    @property
    def share(self) -> int:
        """The unmet ones, in percent."""
        return round(100 * self.unmet / self.demand) if self.demand else 0

    @property
    def best(self) -> str:
        """The best standing of a scheme for any of them, in words."""
        return next((str(word.label) for word in Standing if self.counts[word]), "Aucun dispositif")


@dataclass(frozen=True, slots=True, kw_only=True)
class Gaps:
    """The same needs in all and in groups; ``cells`` are by commune, need and size, where they were asked for."""

    total: Gap
    by_commune: list[Gap]
    by_need: list[Gap]
    by_size: list[Gap]
    cells: list[Gap]


def gaps(scope: Scope, filters: Filters, *, with_cells: bool = False) -> Gaps:
    """Return what is asked for and not answered in a scope; groups with most unmet needs first."""
    cells = ", (commune, sub_need, size)" if with_cells else ""
    place = {"commune": "file__commune", "sub_need": "sub_need", "size": "file__size"}
    needs = NeedFact.objects.filter(scope.rows("file__epci"), _wanted(filters)).order_by()
    sums = read_sums(_SUMS.replace("{cells}", cells), needs.values_list("file", "standing", *place.values()))
    alone = SoleBlocker.objects.filter(scope.rows("need__file__epci"), _wanted(filters, "need__")).order_by()
    columns = ("need__file", *(f"need__{column}" for column in place.values()), "revision", "criterion")
    blockers = _blockers(
        read_sums(
            _BLOCKERS.replace("{cells}", cells.replace("(", "(revision, criterion, ")), alone.values_list(*columns)
        )
    )
    names = _names(row[0] for row in sums)
    found: dict[int, list[Gap]] = {ALL: [], COMMUNE: [], NEED: [], SIZE: [], CELL: []}
    for row in sums:
        key, (kind, n_files, demand), counts = row[:3], row[3:6], row[6:]
        words = [names.get(name, "") for name in zip(place, key, strict=True)]
        found[kind].append(
            Gap(
                key=tuple(part or "" for part in key),
                label=", ".join(filter(None, words)),
                n_files=n_files,
                demand=demand,
                counts=dict(zip(Standing, counts, strict=True)),
                blocker=blockers.get((kind, *key)),
            )
        )
    for rows in found.values():
        rows.sort(key=lambda gap: (-gap.unmet, -gap.demand, gap.label))
    (total,) = found[ALL]
    return Gaps(total=total, by_commune=found[COMMUNE], by_need=found[NEED], by_size=found[SIZE], cells=found[CELL])


def _wanted(filters: Filters, prefix: str = "") -> Q:
    asked = {
        "file__epci": filters.epci,
        "file__commune": filters.commune,
        "sub_need__need": filters.need,
        "sub_need": filters.sub_need,
        "sub_need__in": filters.sub_needs,
        "file__size": filters.size,
    }
    return Q(**{f"{prefix}{name}": value for name, value in asked.items() if value})


def _blockers(rows: list[tuple[Any, ...]]) -> dict[tuple[Any, ...], Blocker]:
    revisions = read_revisions({row[4] for row in rows})
    definitions = {one.pk: one.definition for revision in revisions.values() for one in revision.criteria.all()}
    return {
        (kind, *key): Blocker(
            scheme=revisions[revision].name,
            condition=sentence(definitions[criterion]) if criterion else "Ses dates",
            n_files=n,
        )
        for *key, kind, revision, criterion, n in rows
    }


def _names(communes: Any) -> dict[tuple[str, Any], str]:
    """Return what to call each commune, need and size."""
    codes = [f"COM-{code}" for code in set(communes) if code]
    found = Perimeter.objects.filter(code__in=codes).values_list("code", "name")
    return {
        **{("commune", code.removeprefix("COM-")): name for code, name in found},
        **{("sub_need", key): sub_need.label for key, sub_need in sub_needs().items()},
        **{("size", key): label for key, label in SIZE_LABELS.items()},
        ("commune", ""): "Commune inconnue",
    }

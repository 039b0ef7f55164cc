"""What other points would change in the order of real files, without keeping anything of it."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from statistics import fmean

from backend.matchmaking import engine
from backend.matchmaking.models import Submission, WeightSet
from backend.matchmaking.results import request_of
from backend.schemes.models import Revision

N_FILES = 30
N_FIRST, N_SHOWN = 3, 10
N_MOVERS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """A scheme in the order of one file, with the points in force and with others."""

    revision_id: int
    name: str
    before: int
    after: int

    @property
    def gained(self) -> int:
        """Places gained among the first ten; behind them, all are eleventh."""
        return min(self.before, N_SHOWN + 1) - min(self.after, N_SHOWN + 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class FileEffect:
    """What other points change in the first schemes of one file."""

    submission: Submission
    moves: tuple[Move, ...]  # every scheme that is among the first ten, before or after; in the new order

    @property
    def first(self) -> list[Move]:
        return [move for move in self.moves if move.after <= N_SHOWN]

    @property
    def gone(self) -> list[Move]:
        return [move for move in self.moves if move.after > N_SHOWN]

    @property
    def is_changed(self) -> bool:
        return any(move.before != move.after for move in self.moves)

    @property
    def changes_first(self) -> bool:
        """Whether the first three are others, or in another order."""
        return any(move.before != move.after for move in self.moves if min(move.before, move.after) <= N_FIRST)

    @property
    def overlap(self) -> float:
        """Share of the new first ten that were among the first ten."""
        return sum(move.before <= N_SHOWN for move in self.first) / max(len(self.first), 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """What other points change on real files."""

    files: tuple[FileEffect, ...]
    n_silent: int  # files that nothing answers, whatever the points
    gains: tuple[tuple[str, int], ...]
    losses: tuple[tuple[str, int], ...]  # places lost

    @property
    def changed(self) -> list[FileEffect]:
        return [file for file in self.files if file.is_changed]

    @property
    def n_first(self) -> int:
        return sum(file.changes_first for file in self.files)

    @property
    def percent_kept(self) -> int | None:
        """Mean share of the first ten that stay among them; unknown without a file."""
        return round(100 * fmean(file.overlap for file in self.files)) if self.files else None


def preview(points: Mapping[str, float], *, on: date, n_files: int = N_FILES) -> Effect:
    """Rank the latest files with the points in force and with others, keeping nothing of it."""
    submissions = list(
        Submission.objects.confirmed().select_related("sheet").prefetch_related("needs__sub_need")[:n_files]
    )
    requests = [request_of(submission, on=on) for submission in submissions]
    catalogue = engine.catalogue()
    weights = engine.weights_of(WeightSet(points=dict(points)))
    before = engine.rank(requests, compiled=catalogue)
    after = engine.rank(requests, compiled=catalogue, weights=weights)
    names = dict(Revision.objects.filter(pk__in=catalogue.revisions.values()).values_list("pk", "name"))
    files = [
        FileEffect(submission=submission, moves=_moves(old, new, names))
        for submission, old, new in zip(submissions, before, after, strict=True)
    ]
    answered = tuple(file for file in files if file.moves)
    gained: Counter[int] = Counter()  # two schemes may have one name
    for file in answered:
        for move in file.moves:
            gained[move.revision_id] += move.gained
    named = ((names[revision], places) for revision, places in gained.items())
    ordered = sorted(named, key=lambda item: (-item[1], item[0]))
    return Effect(
        files=answered,
        n_silent=len(files) - len(answered),
        gains=tuple(item for item in ordered if item[1] > 0)[:N_MOVERS],
        losses=tuple((name, -places) for name, places in reversed(ordered) if places < 0)[:N_MOVERS],
    )


def _moves(
    before: Sequence[engine.Ranked], after: Sequence[engine.Ranked], names: Mapping[int, str]
) -> tuple[Move, ...]:
    """Compare places. What has too few points to be listed, before or after, comes last."""
    old, new = _places(before), _places(after)
    last = max(len(old), len(new), N_SHOWN) + 1
    moves = [
        Move(revision_id=pk, name=names[pk], before=old.get(pk, last), after=new.get(pk, last))
        for pk in {**new, **old}
    ]
    return tuple(move for move in moves if min(move.before, move.after) <= N_SHOWN)


def _places(ranked: Sequence[engine.Ranked]) -> dict[int, int]:
    """Return the place of each scheme that the file may have and that answers it."""
    listed = [item for item in ranked if item.addresses and item.eligibility != "ineligible"]
    return {item.revision_id: place for place, item in enumerate(listed, 1)}

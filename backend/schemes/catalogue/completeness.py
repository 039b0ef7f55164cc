"""How complete a sheet is, from 0 to 100, and what is missing: told to its editors, never to rank."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

from backend.schemes.catalogue.quality import MONEY, is_overdue
from backend.schemes.catalogue.windows import WindowOn, window_on
from backend.schemes.catalogue.wording import nature
from backend.schemes.models import Revision
from backend.schemes.vocabulary import NATURE_TITLES


@dataclass(frozen=True, slots=True)
class Part:
    """One thing that a whole sheet says: its points, and which share of them this sheet has."""

    label: str
    points: int
    share: float

    @property
    def missing(self) -> float:
        """Points that this sheet lacks."""
        return self.points * (1.0 - self.share)


@dataclass(frozen=True, slots=True)
class Completeness:
    """What a sheet says and lacks."""

    parts: tuple[Part, ...]

    @property
    def score(self) -> int:
        """From 0 to 100; 100 only where nothing is missing."""
        return int(sum(part.points * part.share for part in self.parts) + 1e-9)

    @property
    def missing(self) -> list[Part]:
        """What is not all there, what weighs most first."""
        lacking = (part for part in self.parts if part.share < 1)
        return sorted(lacking, key=lambda part: -part.missing)


def completeness(revision: Revision, *, on: date) -> Completeness:
    """Return how complete a revision is on a day; prefetch its parts where there are many."""
    return Completeness(tuple(Part(label, points, share(revision, on)) for label, points, share in _PARTS))


def _typed(revision: Revision, on: date) -> float:
    """Of the conditions, those that the engine tests; no condition at all is one that nobody has typed yet."""
    natures = [nature(criterion.definition) for criterion in revision.criteria.all()]
    return _share_of([not of_person for of_person in natures if of_person not in NATURE_TITLES])


def _sourced(revision: Revision, on: date) -> float:
    return _share_of([criterion.source_id is not None for criterion in revision.criteria.all()])


def _dated(revision: Revision, on: date) -> float:
    return _share_of([bool(source.dated) for source in revision.sources.all()])


def _linked(revision: Revision, on: date) -> float:
    return float(bool(revision.url) and any(source.url for source in revision.sources.all()))


def _amount(revision: Revision, on: date) -> float:
    """Half for words; all for figures, or for a sheet that says that there is no money in it."""
    figures = (revision.rate_max_pct, *revision.rates.values(), revision.ceiling_eur, revision.cost_left_eur)
    if any(figure is not None for figure in figures) or revision.in_kind:
        return 1.0
    if revision.amount_text:
        return 0.5
    return 0.0 if revision.kind in MONEY else 0.5


def _window(revision: Revision, on: date) -> float:
    if window_on(revision, on=on) == WindowOn.UNKNOWN:
        return 0.0
    past = revision.window_state == Revision.WindowState.DATED and window_on(revision, on=on) == WindowOn.CLOSED
    return 0.5 if past else 1.0  # published with dates that are over


def _verified(revision: Revision, on: date) -> float:
    known = {Revision.Confidence.VERIFIED: 1.0, Revision.Confidence.PARTLY_VERIFIED: 0.5}
    return known.get(Revision.Confidence(revision.confidence), 0.0)


def _fresh(revision: Revision, on: date) -> float:
    return float(not is_overdue(revision, on=on))


def _needs(revision: Revision, on: date) -> float:
    return float(bool(revision.served_needs.all()))


def _operator(revision: Revision, on: date) -> float:
    return float(bool(revision.roles.all()))


def _next_step(revision: Revision, on: date) -> float:
    return float(bool(revision.next_step))


def _contact(revision: Revision, on: date) -> float:
    return float(bool(revision.contact_name or revision.contact_url or revision.contact_phone))


def _preparation(revision: Revision, on: date) -> float:
    return (float(bool(revision.documents)) + float(revision.preparation_days is not None)) / 2


def _regime(revision: Revision, on: date) -> float:
    return float(revision.kind not in MONEY or bool(revision.state_aid_regime))


def _share_of(tests: Sequence[bool]) -> float:
    """Return the share of what holds; nothing to test is nothing known."""
    return sum(tests) / len(tests) if tests else 0.0


# What weighs: first what a firm is told wrongly without, then what helps it to apply.
_PARTS: tuple[tuple[str, int, Callable[[Revision, date], float]], ...] = (
    ("conditions que le moteur teste lui-même", 16, _typed),
    ("source de chaque condition", 10, _sourced),
    ("date de chaque source", 8, _dated),
    ("page du dispositif et adresse d’une source", 6, _linked),
    ("montant en chiffres", 12, _amount),
    ("ouverture connue", 12, _window),
    ("faits vérifiés", 10, _verified),
    ("fiche relue à temps", 6, _fresh),
    ("besoins servis", 6, _needs),
    ("porteur", 2, _operator),
    ("première démarche", 4, _next_step),
    ("contact", 3, _contact),
    ("pièces et temps de préparation", 3, _preparation),
    ("régime d’aide", 2, _regime),
)

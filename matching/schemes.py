"""What the engine must know of a scheme: when, for whom, for which needs, and how near to the firm."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Literal, get_args

from matching.criteria import Activity, AnyOf, Criterion, Manual, Window, leaves, shared
from matching.errors import CriterionError

type Reach = Literal["local", "departmental", "regional", "national", "eu"]

REACHES: tuple[str, ...] = get_args(Reach.__value__)
GUIDES = 0.5  # from which a scheme orients rather than helps
N_SECTIONS = {"naf_rev2": 21, "naf_2025": 22}  # A to U, A to V


def _is_everything(aim: Activity) -> bool:
    """Tell whether an aim names every section of its nomenclature."""
    return len({code for code in aim.any_of if len(code) == 1}) >= N_SECTIONS[aim.nomenclature]


def typed_facts_of(criterion: Criterion) -> frozenset[str]:
    """Return the facts that a criterion reads, manual conditions left out."""
    return frozenset(fact for leaf in leaves(criterion) if not isinstance(leaf, Manual) for fact in leaf.facts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scheme:
    """One revision of a scheme, as the engine reads it.

    Parameters
    ----------
    key : str
        ``source:source id``; orders ties.
    window : Window
        When it takes applications; one criterion among the others.
    criteria : tuple of Criterion
        Conditions its owner states.
    from_text : tuple of Criterion
        Conditions we typed from the free text of an imported record: they count for eligibility, not for the typed
        verdict.
    needs : mapping of str to float
        Weight in ]0, 1] of each sub-need it serves.
    targeted_activities : tuple of str
        NAF rév. 2 codes its owner aims at; they order and never exclude. Empty means all.
    targeted_activities_2025 : tuple of str
        The same in the NAF 2025: one list or the other holds.
    reach : {'local', 'departmental', 'regional', 'national', 'eu'}
        Level at which it is decided.
    kind : str
        Form of the support, such as ``loan``.
    applicant : {'firm', 'employee', 'authority'}
        Who asks for it.
    variant_of : str
        Key of the scheme it is a local variant of; empty where it is none.
    verified : bool
        Whether every fact of the sheet was read in a source.
    review_by : datetime.date, optional
        Last day on which what was verified still counts as such.
    preparation_days : int, optional
        Days an application takes, where a source says so.
    guide : float
        How far, in [0, 1], it is there to orient a firm, whatever it needs.
    against : frozenset of str
        The preferences that it goes against: a loan, that of a firm that wants none.
    """

    key: str
    window: Window
    criteria: tuple[Criterion, ...] = ()
    from_text: tuple[Criterion, ...] = ()
    needs: Mapping[str, float] = field(default_factory=dict)
    targeted_activities: tuple[str, ...] = ()
    targeted_activities_2025: tuple[str, ...] = ()
    reach: str = "national"
    kind: str = ""
    applicant: str = "firm"
    variant_of: str = ""
    verified: bool = True
    review_by: date | None = None
    preparation_days: int | None = None
    guide: float = 0.0
    against: frozenset[str] = frozenset()
    targeting: Criterion | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        if self.reach not in REACHES:
            raise CriterionError(f"Unknown reach {self.reach!r}; accepted: {', '.join(REACHES)}.", place=self.key)
        if self.variant_of == self.key:
            raise CriterionError(f"{self.key!r} is a variant of itself; accepted: of another one.", place=self.key)
        object.__setattr__(self, "window", shared(self.window))
        object.__setattr__(self, "criteria", tuple(map(shared, self.criteria)))
        object.__setattr__(self, "from_text", tuple(map(shared, self.from_text)))
        if self.targeted_activities or self.targeted_activities_2025:
            object.__setattr__(self, "targeting", self._target())

    def _target(self) -> Criterion | None:
        """Return the activities that its owner aims at as a condition; nothing where these are all."""
        lists = {"naf_rev2": self.targeted_activities, "naf_2025": self.targeted_activities_2025}
        aims = [Activity(any_of=codes, nomenclature=name) for name, codes in lists.items() if codes]
        if any(_is_everything(aim) for aim in aims):
            return None
        return shared(aims[0] if len(aims) == 1 else AnyOf(of=tuple(aims)))

    @property
    def is_guide(self) -> bool:
        """Whether it orients a firm rather than helps it."""
        return self.guide >= GUIDES

    @property
    def stated(self) -> tuple[Criterion, ...]:
        """What its owner states: the window and the criteria."""
        return (self.window, *self.criteria)

    @property
    def conditions(self) -> tuple[Criterion, ...]:
        """Everything that must hold."""
        return (*self.stated, *self.from_text)

    @property
    def typed_facts(self) -> frozenset[str]:
        """Facts that its stated criteria read, manual ones left out."""
        return frozenset().union(*map(typed_facts_of, self.stated))

    def days_left(self, on: date) -> int | None:
        """Return the number of days until the last one, which is inside; ``None`` where no end is known."""
        return None if self.window.closes_on is None else (self.window.closes_on - on).days

"""In one of some things and in none of some others: perimeters, codes at any level, choices, other schemes.

What is excluded wins. The cost of a test does not grow with the length of a list: a scheme may name 30,000 communes.
"""

from abc import abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Literal, get_args

import numpy as np

from matching.criteria.base import Criterion, need
from matching.domains import Codes
from matching.errors import CriterionError, MatchingError
from matching.nomenclatures import Nomenclature, activity_path
from matching.outcomes import MET, NOT_MET, UNKNOWN, Outcome, OutcomeArray, negate
from matching.profiles import Profiles

type PlaceLevel = Literal["establishment", "project"]
type Tenure = Literal["owner", "tenant"]

PLACE_LEVELS: tuple[str, ...] = get_args(PlaceLevel.__value__)
TENURES: tuple[str, ...] = get_args(Tenure.__value__)
NOMENCLATURES: tuple[str, ...] = get_args(Nomenclature.__value__)


@dataclass(frozen=True, slots=True)
class _Listed(Criterion):
    """One of ``any_of``, where there are any, and none of ``none_of``."""

    any_of: tuple[str, ...] = ()
    none_of: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        names = bool(self.any_of or self.none_of)
        need(names, "empty", f"{self.kind} names nothing", self.any_of, "one code at least")
        need(
            "" not in (*self.any_of, *self.none_of),
            "blank",
            f"{self.kind} names an empty code",
            "",
            "codes of one character at least",
        )
        self.check_choices()


@dataclass(frozen=True, slots=True)
class InTerritory(_Listed):
    """In one of some perimeters and in none of some others.

    Parameters
    ----------
    any_of, none_of : tuple of str
        Perimeter codes of any scale, such as ``REG-32`` or ``ZONE-afr``; empty means no such condition.
    level : {'establishment', 'project'}
        Whose place is tested.
    """

    kind: ClassVar[str] = "in_territory"
    choices = {"level": PLACE_LEVELS}
    facts = ("commune",)
    level: str = "establishment"

    def evaluate(self, profiles: Profiles, *, assume: Outcome | None = None) -> OutcomeArray:
        places, rows = profiles.places(self.level)
        if not self.none_of:
            return places.lie(self.any_of)[rows]
        outside = negate(places.lie(self.none_of))
        return (np.minimum(places.lie(self.any_of), outside) if self.any_of else outside)[rows]


@dataclass(frozen=True, slots=True)
class _Coded(_Listed):
    """A code at any level of a nomenclature."""

    _wanted: tuple[str, ...] = field(init=False, repr=False, compare=False, default=())
    _excluded: tuple[str, ...] = field(init=False, repr=False, compare=False, default=())

    def __post_init__(self) -> None:
        _Listed.__post_init__(self)
        object.__setattr__(self, "_wanted", tuple(self._paths("any_of")))
        object.__setattr__(self, "_excluded", tuple(self._paths("none_of")))

    def _paths(self, name: str) -> Iterator[str]:
        for index, code in enumerate(getattr(self, name)):
            try:
                yield self.path(code)
            except MatchingError as error:
                raise CriterionError(str(error), place=f"{name}[{index}]", reason="code", given=code) from None

    @abstractmethod
    def path(self, code: str) -> str:
        """Return a code so written that any level is a prefix of the levels below; raise ``MatchingError``."""

    def test(self, codes: Codes) -> OutcomeArray:
        """Test distinct codes written in the same way."""
        if not self._excluded:
            return codes.hold(self._wanted)
        apart = negate(codes.hold(self._excluded))
        return np.minimum(codes.hold(self._wanted), apart) if self._wanted else apart


@dataclass(frozen=True, slots=True)
class Activity(_Coded):
    """Activity of the establishment.

    Parameters
    ----------
    any_of, none_of : tuple of str
        Codes at any level, as :func:`matching.profiles.activity_path` accepts them.
    nomenclature : {'naf_rev2', 'naf_2025'}
        In which the codes are written. Codes of one are never read as codes of the other; a profile may say what its
        code in the other one may be here, and then all of that must agree.
    """

    kind: ClassVar[str] = "activity"
    choices = {"nomenclature": NOMENCLATURES}
    nomenclature: str = "naf_rev2"

    @property
    def facts(self) -> tuple[str, ...]:
        return ("naf",) if self.nomenclature == "naf_rev2" else ("naf_2025",)

    def path(self, code: str) -> str:
        return activity_path(code, self.nomenclature)

    def evaluate(self, profiles: Profiles, *, assume: Outcome | None = None) -> OutcomeArray:
        activities, rows = profiles.activities(self.nomenclature)
        return activities.hold(self.test)[rows]


@dataclass(frozen=True, slots=True)
class LegalForm(_Coded):
    """Legal form of the company by INSEE "catégorie juridique", at any of its levels.

    Parameters
    ----------
    any_of, none_of : tuple of str
        Prefixes of 1 to 4 digits, such as ``57`` for simplified joint-stock companies.
    """

    kind: ClassVar[str] = "legal_form"
    facts = ("legal_category",)

    def path(self, code: str) -> str:
        is_category = code.isascii() and code.isdigit() and len(code) <= 4
        need(is_category, "code", "Not a legal category", code, "1 to 4 digits")
        return code

    def evaluate(self, profiles: Profiles, *, assume: Outcome | None = None) -> OutcomeArray:
        codes, rows = profiles.legal_categories()
        return self.test(codes)[rows]


@dataclass(frozen=True, slots=True)
class _OneOf(_Listed):
    """One answer among few."""

    def evaluate(self, profiles: Profiles, *, assume: Outcome | None = None) -> OutcomeArray:
        values, rows = profiles.choice(self.kind)
        table = [
            min(
                (MET if value in self.any_of else NOT_MET) if self.any_of else MET,
                NOT_MET if value in self.none_of else MET,
            )
            if value
            else UNKNOWN
            for value in values
        ]
        return np.array(table, dtype=np.int8)[rows]


@dataclass(frozen=True, slots=True)
class ProjectTenure(_OneOf):
    """Whether the firm owns or rents the premises of the project: 'owner', 'tenant'."""

    kind: ClassVar[str] = "tenure"
    choices = {"any_of": TENURES, "none_of": TENURES}
    facts = ("project.tenure",)


@dataclass(frozen=True, slots=True)
class ProjectHorizon(_OneOf):
    """When the project is to begin, by the names that the caller gives to horizons."""

    kind: ClassVar[str] = "horizon"
    facts = ("project.horizon",)


@dataclass(frozen=True, slots=True)
class SpendKind(_Listed):
    """The project has a spend of some kind (``any_of``), and none of some others.

    The names of the kinds are the caller's. A project whose kinds of spend are known has no others.
    """

    kind: ClassVar[str] = "spend_kind"
    facts = ("project.spend_kinds",)

    def evaluate(self, profiles: Profiles, *, assume: Outcome | None = None) -> OutcomeArray:
        wanted, excluded = frozenset(self.any_of), frozenset(self.none_of)
        table = [self._outcome(kinds, wanted, excluded) for kinds in profiles.spend_kinds]
        return np.array(table, dtype=np.int8)

    def _outcome(self, kinds: frozenset[str] | None, wanted: frozenset[str], excluded: frozenset[str]) -> Outcome:
        if kinds is None:
            return UNKNOWN
        met = (not wanted or not kinds.isdisjoint(wanted)) and kinds.isdisjoint(excluded)
        return MET if met else NOT_MET


@dataclass(frozen=True, slots=True)
class HoldsScheme(_Listed):
    """The firm has one of some other schemes (a prerequisite) and none of some others (an exclusion).

    Parameters
    ----------
    any_of, none_of : tuple of str
        Keys of schemes, ``source:source id``.
    """

    kind: ClassVar[str] = "holds_scheme"
    facts = ("schemes",)

    def __post_init__(self) -> None:
        _Listed.__post_init__(self)
        both = set(self.any_of) & set(self.none_of)
        need(not both, "both", "A scheme is required and excluded", sorted(both), "one or the other")

    def evaluate(self, profiles: Profiles, *, assume: Outcome | None = None) -> OutcomeArray:
        wanted, excluded = frozenset(self.any_of), frozenset(self.none_of)
        table = [
            min(_one_held(wanted, held) if wanted else MET, Outcome(-_one_held(excluded, held)))
            for held in profiles.held
        ]
        return np.array(table, dtype=np.int8)


def _one_held(schemes: frozenset[str], held: Mapping[str, bool]) -> Outcome:
    """Tell whether a firm has one of some schemes; of none, it has not."""
    if any(held[key] for key in held if key in schemes):
        return MET
    n_answered = sum(key in schemes for key in held)
    return UNKNOWN if n_answered < len(schemes) else NOT_MET

"""How likely two sheets are of one scheme: a sum of points, each with its reason in French.

The points and the thresholds were chosen on half of the judged pairs; the other half measures them.
"""

from dataclasses import dataclass
from enum import StrEnum

from backend.schemes.duplicates.sheets import Sheet, operator_signs
from backend.schemes.models import Revision
from backend.schemes.wording import NBSP

SAME_FROM = 55  # points from which two sheets are proposed as one scheme
NEAR_FROM = 40  # points from which they are worth a look: often a variant, or another year
TITLE_POINTS, TEXT_POINTS, PAGE_POINTS, OPERATOR_POINTS = 55, 25, 30, 15
HELD_COUNTS = 0.7  # of a title that the other one holds, against one that is the same
OTHER_STAGE, OTHER_KIND = -15, -8
OTHER_OPERATOR, OTHER_YEAR, NARROWER, OTHER_PLACES = -8, -15, -8, -12
MOST_OF_FRANCE = 80  # departments: a sheet that lists most of them is compared as a national one


class Advice(StrEnum):
    SAME = "same"
    NEAR = "near"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Reason:
    points: int
    text: str


@dataclass(frozen=True, slots=True)
class Candidate:
    """Two sheets, and why they may be of one scheme. ``apart`` says why they cannot, whatever the points."""

    one: Sheet
    other: Sheet
    reasons: tuple[Reason, ...]
    apart: str = ""

    @property
    def points(self) -> int:
        return max(0, min(100, sum(reason.points for reason in self.reasons)))

    @property
    def advice(self) -> Advice:
        if self.apart or self.points < NEAR_FROM:
            return Advice.NONE
        return Advice.SAME if self.points >= SAME_FROM else Advice.NEAR


def compare(
    one: Sheet, other: Sheet, *, title: float, title_held: float, text: float, page_is_rare: bool
) -> Candidate:
    """Weigh two sheets; ``title`` and ``text`` say how alike they are, ``title_held`` how much of one is in the other.

    These three go from 0 to 1.
    """
    reasons = [
        _titles(title, title_held),
        Reason(round(TEXT_POINTS * text), f"textes proches à {round(100 * text)}{NBSP}%"),
        _page(one, other, page_is_rare),
        _operators(one, other),
        _years(one, other),
        _stages(one, other),
        _kinds(one, other),
        _places(one, other),
    ]
    return Candidate(one, other, tuple(reason for reason in reasons if reason and reason.points), _apart(one, other))


def _titles(alike: float, held: float) -> Reason:
    if alike >= HELD_COUNTS * held:
        return Reason(round(TITLE_POINTS * alike), f"titres proches à {round(100 * alike)}{NBSP}%")
    return Reason(
        round(TITLE_POINTS * HELD_COUNTS * held), f"titre de l’une dans celui de l’autre à {round(100 * held)}{NBSP}%"
    )


def _apart(one: Sheet, other: Sheet) -> str:
    if one.departments is not None and other.departments is not None and one.departments.isdisjoint(other.departments):
        return "leurs territoires ne se touchent pas"
    if one.key == other.parent or other.key == one.parent:
        return "l’une est déjà la variante de l’autre"
    return ""


def _page(one: Sheet, other: Sheet, page_is_rare: bool) -> Reason | None:
    if not one.page or one.page != other.page:
        return None
    if not page_is_rare:
        return Reason(PAGE_POINTS // 3, f"même page, que d’autres fiches donnent aussi{NBSP}: {one.page}")
    return Reason(PAGE_POINTS, f"même page{NBSP}: {one.page}")


def _operators(one: Sheet, other: Sheet) -> Reason | None:
    if not one.operators or not other.operators:
        return None
    if common := one.operators & other.operators:
        names = [name for name in one.operator_names if any(sign in common for sign in _signs(name, one))]
        return Reason(OPERATOR_POINTS, f"même porteur{NBSP}: {', '.join(names or sorted(common))}")
    return Reason(OTHER_OPERATOR, "porteurs différents")


def _signs(name: str, sheet: Sheet) -> frozenset[str]:
    return operator_signs(name, "") & sheet.operators


def _years(one: Sheet, other: Sheet) -> Reason | None:
    if not one.years or not other.years or one.years & other.years:
        return None
    years = f"{', '.join(sorted(one.years))} et {', '.join(sorted(other.years))}"
    return Reason(OTHER_YEAR, f"années différentes{NBSP}: {years}")


def _stages(one: Sheet, other: Sheet) -> Reason | None:
    if not one.stages or not other.stages or one.stages & other.stages:
        return None
    return Reason(OTHER_STAGE, "l’une paie l’étude, l’autre l’investissement")


def _kinds(one: Sheet, other: Sheet) -> Reason | None:
    if not one.kind or not other.kind or Revision.Kind.MIXED in (one.kind, other.kind) or one.kind == other.kind:
        return None
    kinds = f"{Revision.Kind(one.kind).label} et {Revision.Kind(other.kind).label}"
    return Reason(OTHER_KIND, f"formes différentes{NBSP}: {kinds}")


def _places(one: Sheet, other: Sheet) -> Reason | None:
    here, there = _narrow(one), _narrow(other)
    if here == there:
        return None
    if here is None or there is None:
        return Reason(NARROWER, "l’une est limitée à un territoire, l’autre non")
    return Reason(OTHER_PLACES, "territoires qui se recoupent sans être les mêmes")


def _narrow(sheet: Sheet) -> frozenset[str] | None:
    return None if sheet.departments is None or len(sheet.departments) >= MOST_OF_FRANCE else sheet.departments

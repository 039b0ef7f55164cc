"""Schemes and firms made up from the real communes, NAF codes, legal categories and bands of staff, with a seed.

A scheme has eight attributes, each with or without a condition, and is written twice: as a plain row (``Sheet``),
which the other tools read, and as a ``matching.Scheme``.
"""

import csv
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import accumulate
from math import inf
from pathlib import Path
from random import Random

import yaml

import matching
from matching.criteria import (
    YES_NO_CRITERIA,
    Activity,
    AgeMonths,
    Headcount,
    InTerritory,
    LegalForm,
    Turnover,
)
from matching.nomenclatures import activity_path

FIXTURES = Path(__file__).parents[1] / "fixtures"
DAY = date(2026, 11, 26)
SEED = 20261126
# Share of French establishments by band of staff, about: INSEE's "tranches d'effectifs", and where it says nothing.
BANDS = {(-inf, inf): 30, (0, 0): 30, (1, 2): 15, (3, 5): 9, (6, 9): 5, (10, 19): 5, (20, 49): 3, (50, 99): 1.2,
         (100, 199): 0.8, (200, 249): 0.3, (250, 499): 0.4, (500, 999): 0.2, (1000, 1999): 0.1}  # fmt: skip
TURNOVERS = {(-inf, inf): 60, (0, 1e5): 12, (1e5, 5e5): 12, (5e5, 2e6): 8, (2e6, 1e7): 5, (1e7, 5e7): 2, (5e7, inf): 1}
CATEGORIES = {"1000": 45, "5710": 18, "5499": 16, "6540": 5, "9220": 4, "5410": 2, "6533": 1, "5599": 1, "": 2}
KINDS = ("loan", "grant", "advice", "tax", "guarantee", "training", "study", "equity", "network", "call")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """A scheme as any tool would hold it; ``None`` or empty where there is no condition. NAF codes are paths."""

    key: str
    perimeters: tuple[str, ...] = ()
    naf: tuple[str, ...] = ()
    not_naf: tuple[str, ...] = ()
    staff_from: float | None = None
    staff_below: float | None = None
    turnover_to: float | None = None
    months_from: int | None = None
    months_below: int | None = None
    forms: tuple[str, ...] = ()
    micro: bool | None = None
    craft: bool | None = None
    state: str = "permanent"
    opens_on: date | None = None
    closes_on: date | None = None
    reach: str = "national"
    kind: str = "grant"
    verified: bool = True
    needs: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Firm:
    """A firm as any tool would hold it; ``None``, empty or an open interval where it is not known."""

    commune: str
    naf: str
    staff: tuple[float, float]
    turnover: tuple[float, float]
    category: str
    created_on: date | None
    micro: bool | None
    craft: bool | None


def rows(name: str) -> list[dict[str, str]]:
    """Return the rows of a file of the fixtures."""
    with (FIXTURES / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


class Country:
    """What is real: communes with their perimeters, NAF codes, legal categories, sub-needs."""

    def __init__(self) -> None:
        communes = [row for row in rows("territories/communes.csv") if row["region"]]
        self.perimeters = {row["code"]: _perimeters(row) for row in communes}
        self.places = {code: matching.Place(frozenset(of), frozenset()) for code, of in self.perimeters.items()}
        self.communes = list(self.perimeters)
        self.people = list(accumulate(int(row["municipal_population"] or 0) + 50 for row in communes))
        self.regions = sorted({row["region"] for row in communes})
        self.departments = sorted({row["department"] for row in communes})
        self.epcis = sorted({row["epci_siren"] for row in communes if row["epci_siren"]})
        naf = rows("naf_rev2.csv")
        self.naf = {
            level: [row["code"] for row in naf if row["level"] == level] for level in {r["level"] for r in naf}
        }
        self.paths = {row["code"]: activity_path(row["code"]) for row in naf}
        self.categories = [row["code"] for row in rows("legal_categories.csv")]
        needs = yaml.safe_load((FIXTURES / "taxonomy.yaml").read_text(encoding="utf-8"))["needs"]
        self.sub_needs = sorted(sub["id"] for need in needs for sub in need["sub_needs"])


def _perimeters(row: dict[str, str]) -> tuple[str, ...]:
    epci = (f"EPCI-{row['epci_siren']}",) if row["epci_siren"] else ()
    return (f"COM-{row['code']}", *epci, f"DEP-{row['department']}", f"REG-{row['region']}", "PAYS-FR")


def sheets(country: Country, n: int, seed: int = SEED) -> Iterator[Sheet]:
    """Draw schemes: a quarter national, a third regional, the others of departments, EPCIs or lists of communes."""
    draw = Random(seed)  # noqa: S311
    for number in range(n):
        reach, perimeters = _territory(draw, country)
        staff_from, staff_below = _staff(draw)
        months_from, months_below = draw.choice([(m, None) for m in (12, 24, 36)] + [(None, m) for m in (12, 36, 60)])
        has_age = draw.random() < 0.3
        state, opens_on, closes_on = _window(draw)
        yield Sheet(
            key=f"synthetic:{number:06}",
            perimeters=perimeters,
            naf=_naf(draw, country, 3) if draw.random() < 0.4 else (),
            not_naf=_naf(draw, country, 2) if draw.random() < 0.08 else (),
            staff_from=staff_from,
            staff_below=staff_below,
            turnover_to=draw.choice([2e6, 1e7, 5e7]) if draw.random() < 0.2 else None,
            months_from=months_from if has_age else None,
            months_below=months_below if has_age else None,
            forms=tuple(draw.sample(["1", "5", "54", "57", "92", "65"], 2)) if draw.random() < 0.25 else (),
            micro=False if draw.random() < 0.15 else None,
            craft=draw.choice([True, True, False]) if draw.random() < 0.15 else None,
            state=state,
            opens_on=opens_on,
            closes_on=closes_on,
            reach=reach,
            kind=draw.choice(KINDS),
            verified=draw.random() < 0.8,
            needs={
                need: draw.choice([0.3, 0.5, 0.7, 1.0]) for need in draw.sample(country.sub_needs, draw.randint(1, 3))
            },
        )


def _territory(draw: Random, country: Country) -> tuple[str, tuple[str, ...]]:
    level = draw.random()
    if level < 0.25:
        return "national", ()
    if level < 0.60:
        return "regional", tuple(f"REG-{code}" for code in draw.sample(country.regions, draw.choice([1, 1, 1, 2])))
    if level < 0.80:
        return "departmental", tuple(
            f"DEP-{code}" for code in draw.sample(country.departments, draw.choice([1, 1, 2]))
        )
    if level < 0.92:
        return "local", tuple(f"EPCI-{code}" for code in draw.sample(country.epcis, draw.choice([1, 1, 3])))
    return "local", tuple(f"COM-{code}" for code in draw.sample(country.communes, draw.choice([1, 5, 40])))


def _naf(draw: Random, country: Country, most: int) -> tuple[str, ...]:
    codes = country.naf[draw.choices(["section", "division", "class", "subclass"], [3, 4, 2, 1])[0]]
    return tuple(country.paths[code] for code in draw.sample(codes, draw.randint(1, most)))


def _staff(draw: Random) -> tuple[float | None, float | None]:
    if draw.random() < 0.5:
        return None, None
    below = draw.choice([10.0, 50.0, 250.0, 250.0, 5000.0])
    return draw.choice([(None, below), (None, below), (5.0, below), (draw.choice([10.0, 20.0]), None)])


def _window(draw: Random) -> tuple[str, date | None, date | None]:
    state = draw.choices(["permanent", "dated", "unknown", "closed"], [40, 35, 20, 5])[0]
    if state != "dated":
        return state, None, None
    opens_on = DAY + timedelta(draw.randint(-300, 40))
    return state, opens_on, opens_on + timedelta(draw.randint(30, 500))


def firms(country: Country, n: int, seed: int = SEED) -> Iterator[Firm]:
    """Draw firms: communes by their people, codes as they come, much of it not known."""
    draw = Random(seed + 1)  # noqa: S311
    naf = [country.paths[code] for code in country.naf["subclass"]]
    naf_weights = list(accumulate(1.0 / (rank + 20) for rank in range(len(naf))))
    draw.shuffle(naf)
    categories = {**dict.fromkeys(country.categories, 0.02), **CATEGORIES}
    size = 50_000
    for start in range(0, n, size):
        k = min(size, n - start)
        yield from map(
            lambda *cells: Firm(**dict(zip(Firm.__slots__, cells, strict=True))),
            draw.choices(country.communes, cum_weights=country.people, k=k),
            draw.choices(
                ["", *naf],
                cum_weights=[0.02 * naf_weights[-1], *(w + 0.02 * naf_weights[-1] for w in naf_weights)],
                k=k,
            ),
            draw.choices(list(BANDS), list(BANDS.values()), k=k),
            draw.choices(list(TURNOVERS), list(TURNOVERS.values()), k=k),
            draw.choices(list(categories), list(categories.values()), k=k),
            (None if draw.random() < 0.05 else DAY - timedelta(int(draw.random() ** 2 * 14_600)) for _ in range(k)),
            draw.choices([True, False, None], [30, 50, 20], k=k),
            draw.choices([True, False, None], [15, 25, 60], k=k),
        )


def scheme(sheet: Sheet) -> matching.Scheme:
    """Return a scheme as the engine reads it."""
    criteria: list[matching.Criterion] = []
    if sheet.perimeters:
        criteria.append(InTerritory(any_of=sheet.perimeters))
    if sheet.naf or sheet.not_naf:
        criteria.append(Activity(any_of=tuple(map(_code, sheet.naf)), none_of=tuple(map(_code, sheet.not_naf))))
    if sheet.staff_from is not None or sheet.staff_below is not None:
        criteria.append(Headcount(at_least=sheet.staff_from, below=sheet.staff_below))
    if sheet.turnover_to is not None:
        criteria.append(Turnover(at_most=sheet.turnover_to))
    if sheet.months_from is not None or sheet.months_below is not None:
        criteria.append(AgeMonths(at_least=sheet.months_from, below=sheet.months_below))
    if sheet.forms:
        criteria.append(LegalForm(any_of=sheet.forms))
    if sheet.micro is not None:
        criteria.append(YES_NO_CRITERIA["micro_entrepreneur"](expected=sheet.micro))
    if sheet.craft is not None:
        criteria.append(YES_NO_CRITERIA["craft_register"](expected=sheet.craft))
    return matching.Scheme(
        key=sheet.key,
        window=matching.Window(state=sheet.state, opens_on=sheet.opens_on, closes_on=sheet.closes_on),
        criteria=tuple(criteria),
        needs=sheet.needs,
        reach=sheet.reach,
        kind=sheet.kind,
        verified=sheet.verified,
    )


def _code(path: str) -> str:
    """Return a code of the NAF from its path: a path below a section starts with the letter of the section."""
    return path if len(path) == 1 else path[1:]


def profile(firm: Firm, country: Country, on: date = DAY) -> matching.Profile:
    """Return a firm as the engine reads it."""
    place = country.places[firm.commune]
    return matching.Profile(
        on=on,
        place=place,
        project_place=place,
        activity=_code(firm.naf) if firm.naf else "",
        headcount=_interval(firm.staff),
        turnover=_interval(firm.turnover),
        legal_category=firm.category,
        created_on=firm.created_on,
        micro_entrepreneur=firm.micro,
        craft_register=firm.craft,
    )


_INTERVALS = {band: matching.Interval(*map(float, band)) for band in (*BANDS, *TURNOVERS)}


def _interval(band: tuple[float, float]) -> matching.Interval:
    return _INTERVALS[band]

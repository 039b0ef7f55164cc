"""Lines for ``match`` around every bound of the file, drawn with a seed: the day before, half a person, elsewhere."""

import csv
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

from tests.schemes.ingestion.importers.second_reading import DEPARTMENTS, NEVER, Programme, french_day

FIXTURES = Path(__file__).parents[4] / "fixtures"
OTHER_DAYS = ["2019-01-01", "2026-01-01", "2026-11-24", "2099-12-30", "2099-12-31", "2100-01-01"]


class Draw:
    def __init__(self, programmes: list[Programme], *, seed: int) -> None:
        self.random = Random(seed)  # noqa: S311
        data = [programme["eligibilityData"] for programme in programmes]
        written = {day for one in data for day in one.get("validity", {}).values() if day != NEVER}
        steps = (timedelta(days=-1), timedelta(), timedelta(days=1))
        days = sorted((french_day(day) + step).isoformat() for day in written for step in steps)
        self.days = days + OTHER_DAYS
        bounds = {int(one["company"][name]) for one in data for name in BOUNDS if name in one["company"]}
        self.staff = sorted({bound + step for bound in bounds for step in (-1, -0.5, 0, 0.5, 1)} | {0, 0.5, 100_000})
        self.communes = _read("territories/communes.csv")
        self.by_region: dict[str, list[str]] = {}
        for row in self.communes:
            self.by_region.setdefault(row["region"], []).append(row["code"])
        self.named = [row["code"] for row in self.communes if row["department"] in DEPARTMENTS.values()]
        self.regions = [row["code"] for row in _read("territories/regions.csv")]
        self.activities = [row["code"] for row in _read("naf_rev2.csv")]

    def lines(self, n: int) -> list[dict[str, Any]]:
        """Give lines in which every fact is often missing; the first ones go through each day, region and level."""
        return [self.line(number) for number in range(n)]

    def line(self, number: int) -> dict[str, Any]:
        ignorance = self.random.choice([0, 0.2, 0.6])
        facts = {
            "on": self.days[number % len(self.days)],
            **self.place(number),
            "naf": self.activity(),
            "headcount": self.headcount(),
            "micro_entrepreneur": self.random.choice([True, False]),
        }
        known = {name: value for name, value in facts.items() if self.random.random() >= ignorance}
        return {"id": number, **known, "on": facts["on"]}

    def place(self, number: int) -> dict[str, str]:
        region = self.regions[number % len(self.regions)]
        communes = self.by_region.get(region)
        what = self.random.random()
        if what < 0.15:
            return {"commune": self.random.choice(self.named)}
        if what < 0.65 and communes:
            return {"commune": self.random.choice(communes)}
        return {"region": region}

    def activity(self) -> str:
        code = self.random.choice(self.activities)
        return self.random.choice([code, code.replace(".", ""), code[:2], code.lower()])

    def headcount(self) -> Any:
        one, other = sorted(self.random.choices(self.staff, k=2))
        return self.random.choice([one, other, one, [one, other], [one, None], [None, other], [None, None]])


BOUNDS = ("minEmployees", "maxEmployees")


def _read(name: str) -> list[dict[str, str]]:
    with (FIXTURES / name).open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))

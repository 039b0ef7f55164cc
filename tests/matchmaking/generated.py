"""Lines for the ``match`` command, drawn with a seed: firms in and out of the territory, known well or hardly."""

import csv
from datetime import date, timedelta
from pathlib import Path
from random import Random
from typing import Any

import yaml

FIXTURES = Path(__file__).parents[2] / "fixtures"
FIRST_DAY = date(2025, 12, 20)  # some days before the millésime of the geography, most after
N_DAYS = 900
BANDS = [[0, 0], [1, 2], [6, 9], [10, 19], [20, 49], [50, 99], [200, 249], [250, 499], [1000, 1999], [5000, 9999]]
STAFF = [0, 1, 2.5, 9, 9.9, 10, 11, 12, 49.9, 50, 60, 249, 249.9, 250, 400, 499.5, 2000, 4999, 5000]
EUROS = [0, 3_000, 20_000, 49_999.99, 50_000, 1_000_000, 2_000_000, 9_999_999, 10_000_000, 43_000_000, 50_000_000,
         50_000_000.01, 1_500_000_000, 3_000_000_000]  # fmt: skip
TEXTS = ["Je cherche deux soudeurs", "ma facture d’électricité a doublé", "🙂 <b>rien</b>", "  ", ""]


STATES = ("craft_register", "public_body", "in_difficulty", "taxes_up_to_date")


class Draw:
    def __init__(self, seed: int) -> None:
        self.random = Random(seed)  # noqa: S311
        self.communes = _read("territories/communes.csv")
        served = {epci["siren"] for epci in yaml.safe_load(_text("territories/served.yaml"))["epcis"]}
        self.served = [row for row in self.communes if row["epci_siren"] in served]
        self.near = [row for row in self.communes if row["department"] in ("60", "02", "80")]
        self.regions = [row["code"] for row in _read("territories/regions.csv")]
        self.activities = [row["code"] for row in _read("naf_rev2.csv")]
        self.categories = [row["code"] for row in _read("legal_categories.csv")]
        needs = yaml.safe_load(_text("taxonomy.yaml"))["needs"]
        self.schemes = sorted(f"jonction:{path.stem}" for path in (FIXTURES / "schemes").glob("*.yaml"))
        self.sub_needs = [sub_need["id"] for need in needs for sub_need in need["sub_needs"]]

    def lines(self, n: int) -> list[dict[str, Any]]:
        return [self.line(number) for number in range(n)]

    def line(self, number: int) -> dict[str, Any]:
        line = {
            "id": self.random.choice([number, f"firm-{number}"]),
            "on": self.day(FIRST_DAY, N_DAYS),
            **self.place(),
            "naf": self.activity(),
            "headcount": self.amount(STAFF, BANDS),
            "turnover": self.amount(EUROS),
            "balance_sheet": self.amount(EUROS),
            "created_on": self.day(date(2012, 1, 1), 5200),
            "legal_category": self.category(),
            "micro_entrepreneur": self.random.choice([True, False, False]),
            "naf_2025": self.random.choice(["C", "25", "25.62", "2562Y", "k", "62.10Y"]),
            **{name: self.random.choice([True, False]) for name in STATES},
            "group": self.group(),
            "previous_years": [self.figures() for _ in range(self.random.randint(0, 3))],
            "schemes": {key: self.random.choice([True, False, None]) for key in self.random.sample(self.schemes, 3)},
            "needs": self.random.sample(self.sub_needs, self.random.randint(0, 3)),
            "text": self.random.choice(TEXTS),
            "project": {
                "started": self.random.choice([True, False]),
                "spend": self.amount(EUROS),
                "spend_kinds": self.random.sample(["equipment", "works", "study", "training", "wages"], 2),
                "commune": self.commune()["code"],
                "horizon": self.random.choice(["under_3_months", "3_to_12_months", "later"]),
                "tenure": self.random.choice(["owner", "tenant"]),
            },
        }
        ignorance = self.random.choice([0.05, 0.3, 0.8])
        line["project"] = self.forget(line["project"], ignorance)
        return self.forget(line, ignorance)

    def forget(self, facts: dict[str, Any], share: float) -> dict[str, Any]:
        """Leave facts out or say null, which is the same; the id stays."""
        kept = {}
        for name, value in facts.items():
            fate = self.random.random() / share
            if name == "id" or fate > 1:
                kept[name] = value
            elif fate > 0.5:
                kept[name] = None
        return kept

    def day(self, first: date, span: int) -> str:
        return (first + timedelta(days=self.random.randrange(span))).isoformat()

    def commune(self) -> dict[str, str]:
        return self.random.choice(self.random.choice([self.served, self.served, self.near, self.communes]))

    def place(self) -> dict[str, Any]:
        commune = self.commune()
        what = self.random.random()
        if what < 0.6:
            return {"commune": commune["code"]}
        if what < 0.8:
            return {"commune": commune["code"], "region": commune["region"]}
        return {"region": self.random.choice([*self.regions, "32", "32", "32", "32", "32", "32"])}

    def figures(self) -> dict[str, Any]:
        return self.forget(
            {
                "headcount": self.amount(STAFF, BANDS),
                "turnover": self.amount(EUROS),
                "balance_sheet": self.amount(EUROS),
            },
            0.2,
        )

    def group(self) -> list[dict[str, Any]]:
        return [
            {
                "share": self.random.choice([0, 10, 24.99, 25, 33.3, 50, 50.01, 60, 100]),
                "control": self.random.choice([True, False, False, None]),
                "holder": self.random.choice(["company", "company", "public_body", "exempt_investor", None]),
                **self.figures(),
            }
            for _ in range(self.random.choice([0, 0, 1, 2]))
        ]

    def activity(self) -> str:
        manufacturing = [code for code in self.activities if "10" <= code[:2] <= "33" and code[0].isdigit()]
        code = self.random.choice(self.random.choice([self.activities, manufacturing]))
        code = self.random.choice([code, code.replace(".", "")])
        return self.random.choice([code, code.lower()])

    def category(self) -> str:
        category = self.random.choice([*self.categories, "5499", "5710", "1000", "9220"])
        return category[: self.random.choice([1, 2, 4, 4, 4])]

    def amount(self, values: list[float], bands: list[list[int]] | None = None) -> Any:
        kind = self.random.random()
        if kind < 0.5:
            return self.random.choice(values)
        if kind < 0.75 and bands:
            return self.random.choice(bands)
        low, high = sorted(self.random.choices(values, k=2))
        return self.random.choice([[low, high], [low, None], [None, high], [None, None]])


def _read(name: str) -> list[dict[str, str]]:
    with (FIXTURES / name).open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def _text(name: str) -> str:
    return (FIXTURES / name).read_text(encoding="utf-8")

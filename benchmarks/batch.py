"""Very many firms over the catalogue: verdicts, and the 20 best of each."""

from collections.abc import Mapping, Sequence
from tempfile import TemporaryDirectory
from typing import Any

import duckdb
import numpy as np
import polars as pl
from openfisca_core.entities import build_entity
from openfisca_core.periods import DateUnit, period
from openfisca_core.simulation_builder import SimulationBuilder
from openfisca_core.taxbenefitsystems import TaxBenefitSystem
from openfisca_core.variables import Variable

import matching
from benchmarks.database import bound, window_of
from benchmarks.single import Asked
from benchmarks.synthetic import DAY, Country, Firm, Sheet, profile
from matching.tables import ELIGIBLE, POSSIBLE

KINDS = {"N": "naf", "F": "form"}
MONTH = period(f"{DAY:%Y-%m}")


class Engine:
    """Rows of bits over the schemes, joined by the classes of each firm, which are found each time."""

    def __init__(self, index: matching.Index, firms: Sequence[Firm], country: Country) -> None:
        self.index, self.profiles = index, [profile(firm, country) for firm in firms]

    def judge(self) -> np.ndarray:
        return self.index.stand(matching.classes_of(self.profiles)).rows

    def counts(self) -> tuple[int, int]:
        """Return how many pairs are possible, and how many eligible."""
        found = np.bitwise_count(self.judge()).sum(axis=(0, 2), dtype=int)
        return int(found[POSSIBLE]), int(found[ELIGIBLE])


class DuckDB:
    """Schemes and firms as tables, joined where nothing is against it."""

    QUERY = """
    SELECT {what} FROM firm f JOIN scheme s ON
      (s.perimeters IS NULL OR list_has_any(s.perimeters, f.perimeters))
      AND (s.naf IS NULL OR f.naf IS NULL OR list_has_any(s.naf, f.naf))
      AND (s.not_naf IS NULL OR f.naf IS NULL OR NOT list_has_any(s.not_naf, f.naf))
      AND coalesce(f.staff_high >= s.staff_from, true) AND coalesce(f.staff_low < s.staff_below, true)
      AND coalesce(f.turnover_low <= s.turnover_to, true)
      AND coalesce(f.months >= s.months_from, true) AND coalesce(f.months < s.months_below, true)
      AND (s.forms IS NULL OR f.forms IS NULL OR list_has_any(s.forms, f.forms))
      AND coalesce(f.micro = s.micro, true) AND coalesce(f.craft = s.craft, true)"""
    SURE = """
      s.opening = 1 AND (s.naf IS NULL AND s.not_naf IS NULL OR f.naf IS NOT NULL)
      AND (s.staff_from IS NULL OR coalesce(f.staff_low >= s.staff_from, false))
      AND (s.staff_below IS NULL OR coalesce(f.staff_high < s.staff_below, false))
      AND (s.turnover_to IS NULL OR coalesce(f.turnover_high <= s.turnover_to, false))
      AND (s.months_from IS NULL AND s.months_below IS NULL OR f.months IS NOT NULL)
      AND (s.forms IS NULL OR f.forms IS NOT NULL) AND (s.micro IS NULL OR f.micro IS NOT NULL)
      AND (s.craft IS NULL OR f.craft IS NOT NULL)"""

    def __init__(self, sheets: Sequence[Sheet], firms: Sequence[Firm], country: Country) -> None:
        asked = [Asked(firm, country) for firm in firms]
        firm = pl.DataFrame(
            {
                "id": range(len(firms)),
                "perimeters": [sorted(one.perimeters) for one in asked],
                "naf": [list(one.prefixes) or None for one in asked],
                "forms": [list(one.forms) or None for one in asked],
                "months": [one.months for one in asked],
                "staff_low": [bound(one.staff[0]) for one in firms],
                "staff_high": [bound(one.staff[1]) for one in firms],
                "turnover_low": [bound(one.turnover[0]) for one in firms],
                "turnover_high": [bound(one.turnover[1]) for one in firms],
                "micro": [one.micro for one in firms],
                "craft": [one.craft for one in firms],
            }
        )
        open_ones = [sheet for sheet in sheets if window_of(sheet) >= 0]
        names = ("staff_from", "staff_below", "turnover_to", "months_from", "months_below", "micro", "craft")
        scheme = pl.DataFrame(
            {
                "opening": [window_of(sheet) for sheet in open_ones],
                **{name: [list(getattr(sheet, name)) or None for sheet in open_ones]
                   for name in ("perimeters", "naf", "not_naf", "forms")},
                **{name: [getattr(sheet, name) for sheet in open_ones] for name in names},
            }
        )  # fmt: skip
        self.database = duckdb.connect(config={"threads": 1})
        with TemporaryDirectory() as folder:
            for name, table in (("firm", firm), ("scheme", scheme)):
                table.write_parquet(f"{folder}/{name}.parquet")
                self.database.execute(f"CREATE TABLE {name} AS SELECT * FROM '{folder}/{name}.parquet'")

    def counts(self) -> tuple[int, int]:
        what = f"count(*), count(*) FILTER (WHERE {self.SURE})"
        possible, eligible = self.database.execute(self.QUERY.format(what=what)).fetchone()
        return possible, eligible

    judge = counts


class OpenFisca:
    """A variable a scheme and verdict, over vectors of firms; a fact that is not known is a value of its own."""

    def __init__(self, sheets: Sequence[Sheet], firms: Sequence[Firm], country: Country) -> None:
        self.sheets = [sheet for sheet in sheets if window_of(sheet) >= 0]
        asked = [Asked(firm, country) for firm in firms]
        perimeters = {code: at for at, code in enumerate(sorted({code for one in asked for code in one.perimeters}))}
        facts: dict[str, np.ndarray] = {
            "staff_low": np.array([firm.staff[0] for firm in firms]),
            "staff_high": np.array([firm.staff[1] for firm in firms]),
            "turnover_low": np.array([firm.turnover[0] for firm in firms]),
            "turnover_high": np.array([firm.turnover[1] for firm in firms]),
            "months": np.array([-1.0 if one.months is None else one.months for one in asked]),
            "micro": np.array([-1.0 if firm.micro is None else firm.micro for firm in firms]),
            "craft": np.array([-1.0 if firm.craft is None else firm.craft for firm in firms]),
        }
        for level, kind in enumerate(("COM", "EPCI", "DEP", "REG")):
            facts[kind.lower()] = np.array(
                [next((perimeters[c] for c in one.perimeters if c.startswith(kind)), -1) for one in asked], float
            )
            assert level >= 0
        self.codes: dict[str, int] = dict(perimeters)
        for size in (1, 3, 4, 5, 6):
            for one in asked:
                self.codes.setdefault("N" + one.firm.naf[:size], len(self.codes))
            facts[f"naf{size}"] = np.array(
                [self.codes["N" + one.firm.naf[:size]] if one.firm.naf else -1 for one in asked], float
            )
        for size in (1, 2):
            for one in asked:
                self.codes.setdefault("F" + one.firm.category[:size], len(self.codes))
            facts[f"form{size}"] = np.array(
                [self.codes["F" + one.firm.category[:size]] if one.forms else -1 for one in asked], float
            )
        self.facts, self.n = facts, len(firms)
        entity = build_entity(key="firm", plural="firms", label="Firm", is_person=True)
        self.system = TaxBenefitSystem([entity])
        for name in facts:
            self.system.add_variable(_variable(name, entity, float, None))
        for number, sheet in enumerate(self.sheets):
            for name, formula in self._formulas(sheet):
                self.system.add_variable(_variable(f"{name}_{number}", entity, bool, formula))

    def _formulas(self, sheet: Sheet) -> Sequence[tuple[str, Any]]:
        codes = self.codes

        def one_of(firm: Any, period: Any, groups: Mapping[str, list[int]]) -> np.ndarray:
            found: Any = False
            for name, values in groups.items():
                column = firm(name, period)
                for value in values:
                    found = found | (column == value)
            return found

        def grouped(kind: str, values: Sequence[str]) -> dict[str, list[int]]:
            groups: dict[str, list[int]] = {}
            for value in values:
                name = (
                    value.partition("-")[0].lower()
                    if kind == ""
                    else f"{'naf' if kind == 'N' else 'form'}{len(value)}"
                )
                groups.setdefault(name, []).append(codes.get(kind + value, -2))
            return groups

        places, naf, not_naf = grouped("", sheet.perimeters), grouped("N", sheet.naf), grouped("N", sheet.not_naf)
        forms, opening = grouped("F", sheet.forms), window_of(sheet)

        def verdict(firm: Any, period: Any, sure: bool) -> np.ndarray:
            found = np.ones(firm.count, bool)
            if places:
                found &= one_of(firm, period, places)
            if naf or not_naf:
                unknown = firm("naf1", period) == -1
                found &= ~unknown if sure else True
                if naf:
                    found &= one_of(firm, period, naf) | unknown
                if not_naf:
                    found &= ~one_of(firm, period, not_naf)
            if sheet.staff_from is not None:
                found &= firm("staff_low" if sure else "staff_high", period) >= sheet.staff_from
            if sheet.staff_below is not None:
                found &= firm("staff_high" if sure else "staff_low", period) < sheet.staff_below
            if sheet.turnover_to is not None:
                found &= firm("turnover_high" if sure else "turnover_low", period) <= sheet.turnover_to
            if sheet.months_from is not None or sheet.months_below is not None:
                months = firm("months", period)
                test = np.ones(firm.count, bool)
                if sheet.months_from is not None:
                    test &= months >= sheet.months_from
                if sheet.months_below is not None:
                    test &= months < sheet.months_below
                found &= (test & (months >= 0)) if sure else (test | (months < 0))
            if forms:
                unknown = firm("form1", period) == -1
                found &= one_of(firm, period, forms) | (False if sure else unknown)
            for name in ("micro", "craft"):
                wanted = getattr(sheet, name)
                if wanted is not None:
                    known = firm(name, period)
                    found &= (known == wanted) | (False if sure else known == -1)
            return found

        return (
            ("possible", lambda firm, period: verdict(firm, period, False)),
            ("eligible", lambda firm, period: verdict(firm, period, True) if opening else np.zeros(firm.count, bool)),
        )

    def judge(self) -> tuple[int, int]:
        simulation = SimulationBuilder().build_default_simulation(self.system, count=self.n)
        for name, values in self.facts.items():
            simulation.set_input(name, MONTH, values)
        found = [0, 0]
        for number in range(len(self.sheets)):
            for place, name in enumerate(("possible", "eligible")):
                found[place] += int(simulation.calculate(f"{name}_{number}", MONTH).sum())
        return found[0], found[1]

    counts = judge


def _variable(name: str, entity: Any, kind: type, formula: Any) -> type[Variable]:
    fields = {"value_type": kind, "entity": entity, "definition_period": DateUnit.MONTH, "label": name}
    return type(name, (Variable,), fields | ({"formula": formula} if formula else {}))

"""One scheme against very many firms → who is eligible, who is undecided."""

import os
from collections.abc import Callable
from datetime import date

os.environ.setdefault("POLARS_MAX_THREADS", "1")

import numpy as np
import polars as pl
import psycopg
from polars import col
from pyroaring import BitMap

import matching
from benchmarks import database
from benchmarks.database import levels, months_ago, window_of
from benchmarks.synthetic import Country, Firm, Sheet, profile

NAF_LEVELS = (1, 3, 4, 5, 6)  # characters of a path
type Found = tuple[np.ndarray, np.ndarray]

NOBODY = (np.zeros(0, np.int64), np.zeros(0, np.int64))


class Engine:
    def __init__(self, firms: list[Firm], country: Country) -> None:
        self.classes = matching.classes_of([profile(firm, country) for firm in firms])

    def find(self, scheme: matching.Scheme) -> Found:
        found = matching.evaluate(self.classes, scheme).eligibility
        return np.flatnonzero(found == matching.MET), np.flatnonzero(found == matching.UNKNOWN)


class Polars:
    """A table with a column a level of places and codes."""

    def __init__(self, firms: list[Firm], country: Country) -> None:
        places = [levels(firm.commune, country) for firm in firms]
        table = {name: [place[name] for place in places] for name in ("com", "epci", "dep", "reg")}
        table |= {f"naf{size}": [firm.naf[:size] or None for firm in firms] for size in NAF_LEVELS}
        table |= {f"form{size}": [firm.category[:size] or None for firm in firms] for size in (1, 2)}
        numbers = {
            "staff_low": [firm.staff[0] for firm in firms], "staff_high": [firm.staff[1] for firm in firms],
            "turnover_low": [firm.turnover[0] for firm in firms],
            "turnover_high": [firm.turnover[1] for firm in firms],
        }  # fmt: skip
        others = {
            "created_on": [firm.created_on for firm in firms],
            "micro": [firm.micro for firm in firms],
            "craft": [firm.craft for firm in firms],
        }
        self.table = pl.DataFrame(
            {name: pl.Series(values, dtype=pl.Categorical) for name, values in table.items()}
            | {name: pl.Series(values, dtype=pl.Float32) for name, values in numbers.items()}
            | others
        ).with_row_index("id")

    def find(self, sheet: Sheet) -> Found:
        opening = window_of(sheet)
        if opening < 0:
            return NOBODY
        met, maybe = [pl.lit(bool(opening))], [pl.lit(True)]

        def add(test: pl.Expr, perhaps: pl.Expr | None = None) -> None:
            met.append(test)
            maybe.append(test if perhaps is None else perhaps)

        if sheet.perimeters:
            by_level: dict[str, list[str]] = {}
            for code in sheet.perimeters:
                by_level.setdefault(code.partition("-")[0].lower(), []).append(code)
            add(_either([col(name).is_in(codes) for name, codes in by_level.items()]).fill_null(False))
        if sheet.naf:
            under = _either([col(f"naf{len(path)}") == path for path in sheet.naf])
            add(under, under | col("naf1").is_null())
        if sheet.not_naf:
            under = _either([col(f"naf{len(path)}") == path for path in sheet.not_naf])
            add(~under, ~under | col("naf1").is_null())
        if sheet.staff_from is not None:
            add(col("staff_low") >= sheet.staff_from, col("staff_high") >= sheet.staff_from)
        if sheet.staff_below is not None:
            add(col("staff_high") < sheet.staff_below, col("staff_low") < sheet.staff_below)
        if sheet.turnover_to is not None:
            add(col("turnover_high") <= sheet.turnover_to, col("turnover_low") <= sheet.turnover_to)
        if sheet.months_from is not None:
            old = col("created_on") <= months_ago(sheet.months_from)
            add(old, old | col("created_on").is_null())
        if sheet.months_below is not None:
            young = col("created_on") > months_ago(sheet.months_below)
            add(young, young | col("created_on").is_null())
        if sheet.forms:
            under = _either([col(f"form{len(code)}") == code for code in sheet.forms])
            add(under, under | col("form1").is_null())
        for name in ("micro", "craft"):
            wanted = getattr(sheet, name)
            if wanted is not None:
                add(col(name) == wanted, (col(name) == wanted) | col(name).is_null())
        found = (
            self.table.lazy()
            .filter(pl.all_horizontal(maybe))
            .select("id", met=pl.all_horizontal(met).fill_null(False))
        )
        rows = found.collect()
        is_met = rows["met"]
        return rows["id"].filter(is_met).to_numpy(), rows["id"].filter(~is_met).to_numpy()


def _either(tests: list[pl.Expr]) -> pl.Expr:
    return pl.any_horizontal(tests) if len(tests) > 1 else tests[0]


class Roaring:
    """A bitmap a value; ages by year, month and day."""

    def __init__(self, firms: list[Firm], country: Country) -> None:
        rows: dict[tuple[str, object], list[int]] = {}
        for row, firm in enumerate(firms):
            born = firm.created_on
            keys = [("at", code) for code in country.perimeters[firm.commune]]
            keys += [("naf", firm.naf[:size]) for size in NAF_LEVELS] if firm.naf else [("naf", None)]
            keys += [("form", firm.category[:size]) for size in (1, 2)] if firm.category else [("form", None)]
            keys += (
                [("born", (born.year, born.month, born.day)), ("born", (born.year, born.month)), ("born", born.year)]
                if born
                else [("born", None)]
            )
            keys += [("staff", firm.staff), ("turnover", firm.turnover), ("micro", firm.micro), ("craft", firm.craft)]
            for key in keys:
                rows.setdefault(key, []).append(row)
        self.maps = {key: BitMap(several) for key, several in rows.items()}
        for bitmap in self.maps.values():
            bitmap.run_optimize()
        self.every = BitMap(range(len(firms)))
        self.bands = {name: [value for kind, value in rows if kind == name] for name in ("staff", "turnover")}
        self.days = sorted(
            value for kind, value in rows if kind == "born" and isinstance(value, tuple) and len(value) == 3
        )
        self.nothing = BitMap()

    def _of(self, name: str, values: object) -> BitMap:
        found = [self.maps[name, value] for value in values if (name, value) in self.maps]
        return BitMap.union(*found) if found else self.nothing

    def _born_to(self, last: date) -> BitMap:
        years = [year for kind, year in self.maps if kind == "born" and isinstance(year, int) and year < last.year]
        months = [(last.year, month) for month in range(1, last.month)]
        days = [(last.year, last.month, day) for day in range(1, last.day + 1)]
        return self._of("born", [*years, *months, *days])

    def find(self, sheet: Sheet) -> Found:
        opening = window_of(sheet)
        if opening < 0:
            return NOBODY
        tests: list[tuple[BitMap, BitMap]] = []
        if sheet.perimeters:
            inside = self._of("at", sheet.perimeters)
            tests.append((inside, inside))
        if sheet.naf:
            under = self._of("naf", sheet.naf)
            tests.append((under, under | self.maps["naf", None]))
        if sheet.not_naf:
            apart = self.every - self._of("naf", sheet.not_naf)
            tests.append((apart - self.maps["naf", None], apart))
        if sheet.staff_from is not None:
            tests.append(self._bands("staff", lambda low, high: (low >= sheet.staff_from, high >= sheet.staff_from)))
        if sheet.staff_below is not None:
            tests.append(self._bands("staff", lambda low, high: (high < sheet.staff_below, low < sheet.staff_below)))
        if sheet.turnover_to is not None:
            tests.append(
                self._bands("turnover", lambda low, high: (high <= sheet.turnover_to, low <= sheet.turnover_to))
            )
        if sheet.months_from is not None:
            old = self._born_to(months_ago(sheet.months_from))
            tests.append((old, old | self.maps["born", None]))
        if sheet.months_below is not None:
            old = self._born_to(months_ago(sheet.months_below))
            tests.append((self.every - old - self.maps["born", None], self.every - old))
        if sheet.forms:
            under = self._of("form", sheet.forms)
            tests.append((under, under | self.maps["form", None]))
        for name in ("micro", "craft"):
            wanted = getattr(sheet, name)
            if wanted is not None:
                so = self.maps[name, wanted]
                tests.append((so, so | self.maps[name, None]))
        if not tests:
            tests.append((self.every, self.every))
        maybe = BitMap.intersection(*(test[1] for test in tests))
        met = BitMap.intersection(maybe, *(test[0] for test in tests)) if opening else self.nothing
        return np.asarray(met.to_array()), np.asarray((maybe - met).to_array())

    def _bands(self, name: str, test: Callable[[float, float], tuple[bool, bool]]) -> tuple[BitMap, BitMap]:
        told = {band: test(*band) for band in self.bands[name]}
        return (
            self._of(name, [band for band, (met, _) in told.items() if met]),
            self._of(name, [band for band, (_, maybe) in told.items() if maybe]),
        )


class Postgres:
    def __init__(self, firms: list[Firm], country: Country, connection: psycopg.Connection) -> None:
        database.load_firms(connection, firms, country)
        self.cursor = psycopg.Cursor(connection)

    def find(self, sheet: Sheet) -> Found:
        return tuple(np.array(ids, dtype=np.int64) for ids in database.firms_of(self.cursor, sheet))

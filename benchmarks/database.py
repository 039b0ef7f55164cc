"""Sheets and firms in PostgreSQL, with indexes, and the same rules as SQL."""

from collections.abc import Iterable, Sequence
from datetime import date
from math import inf

import psycopg

from benchmarks.synthetic import DAY, Country, Firm, Sheet

FIRM_INDEXES = ("com", "epci", "dep", "reg", "naf text_pattern_ops", "created_on")


def levels(commune: str, country: Country) -> dict[str, str | None]:
    """Return the perimeters of a commune by level."""
    found = dict.fromkeys(("COM", "EPCI", "DEP", "REG"))
    found |= {code.partition("-")[0]: code for code in country.perimeters[commune]}
    return {name.lower(): found[name] for name in ("COM", "EPCI", "DEP", "REG")}


def bound(value: float) -> float | None:
    return None if abs(value) == inf else value


def load_firms(connection: psycopg.Connection, firms: Iterable[Firm], country: Country) -> None:
    """Create the table of firms, with six indexes; a bound that is open is null."""
    connection.execute("""
        CREATE TEMPORARY TABLE firm (
            id integer, com text, epci text, dep text, reg text, naf text, staff_low real, staff_high real,
            turnover_low double precision, turnover_high double precision, category text, created_on date,
            micro boolean, craft boolean)""")
    with connection.cursor().copy("COPY firm FROM STDIN") as copy:
        for number, firm in enumerate(firms):
            places = levels(firm.commune, country)
            copy.write_row(
                (number, *places.values(), firm.naf, *map(bound, firm.staff), *map(bound, firm.turnover),
                 firm.category, firm.created_on, firm.micro, firm.craft)
            )  # fmt: skip
    for index in FIRM_INDEXES:
        connection.execute(f"CREATE INDEX ON firm ({index})")
    connection.execute("ANALYZE firm")


def tests_of(sheet: Sheet) -> tuple[list[str], list[str]]:
    """Return what SQL says a scheme asks of a firm: what must be true for sure, and what may be true."""
    met, maybe = [], []

    def add(sure: str, perhaps: str) -> None:
        met.append(sure)
        maybe.append(perhaps)

    if sheet.perimeters:
        by_level: dict[str, list[str]] = {}
        for code in sheet.perimeters:
            by_level.setdefault(code.partition("-")[0].lower(), []).append(code)
        inside = " OR ".join(f"{level} = ANY('{{{','.join(codes)}}}')" for level, codes in by_level.items())
        add(f"({inside})", f"({inside})")
    if sheet.naf:
        under = " OR ".join(f"naf LIKE '{path}%'" for path in sheet.naf)
        add(f"({under})", f"({under} OR naf = '')")
    if sheet.not_naf:
        under = " AND ".join(f"naf NOT LIKE '{path}%'" for path in sheet.not_naf)
        add(f"(naf <> '' AND {under})", f"({under})")
    if sheet.staff_from is not None:
        add(f"staff_low >= {sheet.staff_from}", f"(staff_high >= {sheet.staff_from} OR staff_high IS NULL)")
    if sheet.staff_below is not None:
        add(f"staff_high < {sheet.staff_below}", f"(staff_low < {sheet.staff_below} OR staff_low IS NULL)")
    if sheet.turnover_to is not None:
        add(f"turnover_high <= {sheet.turnover_to}", f"(turnover_low <= {sheet.turnover_to} OR turnover_low IS NULL)")
    if sheet.months_from is not None:
        born = f"created_on <= DATE '{months_ago(sheet.months_from)}'"
        add(born, f"({born} OR created_on IS NULL)")
    if sheet.months_below is not None:
        born = f"created_on > DATE '{months_ago(sheet.months_below)}'"
        add(born, f"({born} OR created_on IS NULL)")
    if sheet.forms:
        under = " OR ".join(f"category LIKE '{code}%'" for code in sheet.forms)
        add(f"({under})", f"({under} OR category = '')")
    for name in ("micro", "craft"):
        wanted = getattr(sheet, name)
        if wanted is not None:
            is_so = f"{name}" if wanted else f"NOT {name}"
            add(f"({is_so}) IS TRUE", f"({is_so}) IS NOT FALSE")
    return met, maybe


def months_ago(months: int, day: date = DAY) -> date:
    """Return the last birthday at which a firm is that many months old; the day of the runs has every month."""
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    return date(year, month + 1, day.day)


def window_of(sheet: Sheet, day: date = DAY) -> int:
    """Return what the window of a scheme says of a day: 1 open, 0 not known, -1 not open."""
    if (
        sheet.state == "closed"
        or (sheet.opens_on and day < sheet.opens_on)
        or (sheet.closes_on and day > sheet.closes_on)
    ):
        return -1
    return 0 if sheet.state == "unknown" else 1


def firms_of(cursor: psycopg.Cursor, sheet: Sheet) -> tuple[Sequence[int], Sequence[int]]:
    """Return the ids of the firms that a scheme is for, and that it may be for."""
    opening = window_of(sheet)
    if opening < 0:
        return (), ()
    met, maybe = tests_of(sheet)
    sure = " AND ".join(met if opening else ["false"]) or "true"
    cursor.execute(
        f"""
        SELECT coalesce(array_agg(id) FILTER (WHERE coalesce({sure}, false)), '{{}}'),
               coalesce(array_agg(id) FILTER (WHERE NOT coalesce({sure}, false)), '{{}}')
        FROM firm WHERE {" AND ".join(maybe) or "true"}""",
        binary=True,
    )
    return cursor.fetchone()

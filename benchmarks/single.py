"""One firm → its 20 best schemes, with what is left to ask: plain Python, SQL and the Django ORM, by the same rules.

Each way returns rows ``(key, score, whether it is eligible, open facts, points by contribution)``, best first.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date
from math import inf
from typing import Any

import psycopg
import yaml
from django.contrib.postgres.fields import ArrayField
from django.db import connection as django_connection
from django.db import models
from django.db.models import Q

import matching
from benchmarks.database import bound, window_of
from benchmarks.synthetic import DAY, FIXTURES, Country, Firm, Sheet
from matching.features import LISTED, NEAR

POINTS = yaml.safe_load((FIXTURES / "weights.yaml").read_text(encoding="utf-8"))
WEIGHTS = matching.Weights(version=POINTS["version"], **POINTS["points"])
LIMIT = 20
type Row = tuple[str, float, bool, tuple[str, ...], Mapping[str, float]]


def shown(matches: Sequence[matching.Match]) -> list[Row]:
    """Return what the engine answers in the same shape."""
    return [
        (
            one.scheme.key,
            one.score,
            one.eligibility == matching.MET,
            one.unknown,
            {k: v for k, v in one.parts.items() if v},
        )
        for one in matches
    ]


def _counted(parts: Mapping[str, float]) -> dict[str, float]:
    return {name: points for name, points in parts.items() if points}


def months_of(born: date, day: date = DAY) -> int:
    return (day.year - born.year) * 12 + day.month - born.month - (day.day < born.day)


class Asked:
    """A firm with what every test of it reads, worked out once."""

    def __init__(self, firm: Firm, country: Country) -> None:
        self.firm = firm
        self.perimeters = frozenset(country.perimeters[firm.commune])
        self.prefixes = tuple(firm.naf[:size] for size in (1, 3, 4, 5, 6)) if firm.naf else ()
        self.forms = tuple(firm.category[:size] for size in (1, 2)) if firm.category else ()
        self.months = None if firm.created_on is None else months_of(firm.created_on)


def open_facts(sheet: Sheet, asked: Asked) -> list[str] | None:
    """Return the facts that leave a scheme undecided; nothing where a condition is not met."""
    firm = asked.firm
    opening = window_of(sheet)
    if opening < 0:
        return None
    if sheet.perimeters and asked.perimeters.isdisjoint(sheet.perimeters):
        return None
    found = [] if opening else ["window"]
    if sheet.naf or sheet.not_naf:
        if not asked.prefixes:
            found.append("naf")
        elif (sheet.naf and not any(path in asked.prefixes for path in sheet.naf)) or any(
            path in asked.prefixes for path in sheet.not_naf
        ):
            return None
    if sheet.staff_from is not None or sheet.staff_below is not None:
        low, high = firm.staff
        least, below = (-inf if sheet.staff_from is None else sheet.staff_from), (sheet.staff_below or inf)
        if high < least or low >= below:
            return None
        if low < least or (high >= below and below < inf):
            found.append("headcount")
    if sheet.turnover_to is not None:
        if firm.turnover[0] > sheet.turnover_to:
            return None
        if firm.turnover[1] > sheet.turnover_to:
            found.append("turnover")
    if sheet.months_from is not None or sheet.months_below is not None:
        if asked.months is None:
            found.append("created_on")
        elif (sheet.months_from is not None and asked.months < sheet.months_from) or (
            sheet.months_below is not None and asked.months >= sheet.months_below
        ):
            return None
    if sheet.forms:
        if not asked.forms:
            found.append("legal_category")
        elif not any(form in asked.forms for form in sheet.forms):
            return None
    for fact, wanted, is_so in (
        ("micro_entrepreneur", sheet.micro, firm.micro),
        ("craft_register", sheet.craft, firm.craft),
    ):
        if wanted is not None:
            if is_so is None:
                found.append(fact)
            elif is_so != wanted:
                return None
    return found


def naive(sheets: Sequence[Sheet], asked: Asked, wish: Mapping[str, float]) -> list[Row]:
    """Look at every scheme in turn, and at no condition after one that is not met."""
    possible = []
    for sheet in sheets:
        unknown = open_facts(sheet, asked)
        if unknown is not None:
            possible.append((sheet, unknown))
    return ranked(possible, wish)


def ranked(
    possible: Sequence[tuple[Any, Sequence[str]]], wish: Mapping[str, float], limit: int | None = LIMIT
) -> list[Row]:
    """Score schemes, order them, and keep the best that serve the wish, or all of them."""
    scored = []
    for sheet, unknown in possible:
        served = sorted((-weight * wish[need], need) for need, weight in sheet.needs.items() if need in wish)
        fit, need = 0.0, ""
        if served:
            best, need = -served[0][0], served[0][1]
            total = sum(-value for value, _ in sorted(served, key=lambda pair: pair[1]))
            fit = best * 0.65 + 0.35 * min(1.0, total - best)
        left = None if sheet.closes_on is None else (sheet.closes_on - DAY).days
        deadline = 0.0 if left is None else -1.0 if left < 15 else 1.0 if left <= 90 else 0.0
        parts = {
            "need": WEIGHTS.need * fit,
            "near": WEIGHTS.near * NEAR[sheet.reach],
            "certain": WEIGHTS.certain * max(0.0, 1.0 - len(unknown) / 4),
            "deadline": WEIGHTS.deadline * deadline,
            "verified": WEIGHTS.verified * sheet.verified,
        }
        score = round(sum(parts.values()) * 1e6) / 1e6
        scored.append((-score, sheet.key, need, parts, sheet, unknown))
    scored.sort(key=lambda one: one[:2])
    least = LISTED * max((parts["need"] for _, _, _, parts, _, _ in scored), default=0.0)
    seen: Counter[tuple[str, str]] = Counter()
    listed = []
    for minus, key, need, parts, sheet, unknown in scored:
        penalty = round(-WEIGHTS.diversity * seen[need, sheet.kind] * 1e6) / 1e6
        seen[need, sheet.kind] += 1
        if parts["need"] > 0 and parts["need"] >= least:
            score = round((-minus + penalty) * 1e6) / 1e6
            listed.append((-score, key, parts | {"diversity": penalty}, unknown))
    listed.sort(key=lambda one: one[:2])
    return [
        (key, -minus, not unknown, tuple(sorted(unknown)), {name: points for name, points in parts.items() if points})
        for minus, key, parts, unknown in listed[:limit]
    ]


SCHEMES = """
    CREATE {kind} TABLE scheme (
        id serial PRIMARY KEY, key text UNIQUE, perimeters text[], naf text[], not_naf text[], staff_from float8,
        staff_below float8, turnover_to float8, months_from int, months_below int, forms text[], micro bool,
        craft bool,
        state text, opens_on date, closes_on date, near float8, kind text, verified bool)"""
NEEDS = "CREATE {kind} TABLE scheme_need (id serial PRIMARY KEY, scheme_id int, need text, weight float8)"
COLUMNS = ("key", "perimeters", "naf", "not_naf", "staff_from", "staff_below", "turnover_to", "months_from",
           "months_below", "forms", "micro", "craft", "state", "opens_on", "closes_on", "near", "kind",
           "verified")  # fmt: skip
INDEXES = ("scheme USING gin (perimeters)", "scheme USING gin (naf)", "scheme (state, opens_on, closes_on)",
           "scheme_need (need, scheme_id)", "scheme_need (scheme_id)")  # fmt: skip


def load_sheets(connection: psycopg.Connection, sheets: Sequence[Sheet], *, temporary: bool = True) -> None:
    """Create the tables of schemes and of what they serve, with indexes."""
    for table in (SCHEMES, NEEDS):
        connection.execute(table.format(kind="TEMPORARY" if temporary else ""))
    with connection.cursor().copy(f"COPY scheme ({', '.join(COLUMNS)}) FROM STDIN") as copy:
        for sheet in sheets:
            lists = [list(each) or None for each in (sheet.perimeters, sheet.naf, sheet.not_naf)]
            copy.write_row(
                (sheet.key, *lists, sheet.staff_from, sheet.staff_below, sheet.turnover_to, sheet.months_from,
                 sheet.months_below, list(sheet.forms) or None, sheet.micro, sheet.craft, sheet.state, sheet.opens_on,
                 sheet.closes_on, NEAR[sheet.reach], sheet.kind, sheet.verified)
            )  # fmt: skip
    with connection.cursor().copy("COPY scheme_need (scheme_id, need, weight) FROM STDIN") as copy:
        for number, sheet in enumerate(sheets, 1):
            for need, weight in sheet.needs.items():
                copy.write_row((number, need, weight))
    for index in INDEXES:
        connection.execute(f"CREATE INDEX ON {index}")
    connection.execute("ANALYZE scheme, scheme_need")


QUERY = """
WITH fit AS (
    SELECT scheme_id, max(weight * w) AS best, sum(weight * w ORDER BY need) AS total,
           (array_agg(need ORDER BY weight * w DESC, need))[1] AS need
    FROM scheme_need JOIN unnest(%(needs)s::text[], %(weights)s::float8[]) AS wish (need, w) USING (need)
    GROUP BY scheme_id
), possible AS (
    SELECT id, key, kind, near, verified, closes_on, array_remove(ARRAY[
        CASE WHEN forms IS NOT NULL AND %(forms)s::text[] IS NULL THEN 'legal_category' END,
        CASE WHEN (naf IS NOT NULL OR not_naf IS NOT NULL) AND %(naf)s::text[] IS NULL THEN 'naf' END,
        CASE WHEN NOT coalesce(%(low)s >= staff_from, true) OR NOT coalesce(%(high)s < staff_below, true)
             THEN 'headcount' END,
        CASE WHEN NOT coalesce(%(most)s <= turnover_to, true) THEN 'turnover' END,
        CASE WHEN (months_from IS NOT NULL OR months_below IS NOT NULL) AND %(months)s::int IS NULL
             THEN 'created_on' END,
        CASE WHEN micro IS NOT NULL AND %(micro)s::bool IS NULL THEN 'micro_entrepreneur' END,
        CASE WHEN craft IS NOT NULL AND %(craft)s::bool IS NULL THEN 'craft_register' END,
        CASE WHEN state = 'unknown' THEN 'window' END], NULL) AS unknown
    FROM scheme
    WHERE state <> 'closed' AND coalesce(opens_on <= %(day)s, true) AND coalesce(closes_on >= %(day)s, true)
      AND coalesce(perimeters && %(perimeters)s, true)
      AND coalesce(naf && %(naf)s::text[], true) AND NOT coalesce(not_naf && %(naf)s::text[], false)
      AND coalesce(%(high)s >= staff_from, true) AND coalesce(%(low)s < staff_below, true)
      AND coalesce(%(least)s <= turnover_to, true)
      AND coalesce(%(months)s::int >= months_from, true) AND coalesce(%(months)s::int < months_below, true)
      AND coalesce(forms && %(forms)s::text[], true)
      AND coalesce(micro = %(micro)s::bool, true) AND coalesce(craft = %(craft)s::bool, true)
), scored AS (
    SELECT key, kind, coalesce(need, '') AS need, unknown,
           %(p_need)s * coalesce(best * 0.65::float8 + 0.35::float8 * least(1, total - best), 0) AS served,
           %(p_near)s * near AS near,
           %(p_certain)s * greatest(0, 1 - cardinality(unknown) / 4.0::float8) AS certain,
           %(p_deadline)s * CASE WHEN closes_on IS NULL THEN 0 WHEN closes_on - %(day)s::date < 15 THEN -1
                                 WHEN closes_on - %(day)s::date <= 90 THEN 1 ELSE 0 END::float8 AS deadline,
           %(p_verified)s * verified::int::float8 AS verified
    FROM possible LEFT JOIN fit ON scheme_id = id
), raw AS (
    SELECT *, round((served + near + certain + deadline + verified) * 1e6::float8) / 1e6::float8 AS points,
           max(served) OVER () AS most
    FROM scored
), placed AS (
    SELECT *, round(%(p_diversity)s * (row_number() OVER (
        PARTITION BY need, kind ORDER BY points DESC, key COLLATE "C") - 1) * 1e6::float8) / 1e6::float8 AS diversity
    FROM raw
)
SELECT key, round((points - diversity) * 1e6::float8) / 1e6::float8 AS score, unknown, served, near, certain, deadline,
       verified, -diversity
FROM placed WHERE served > 0 AND served >= %(listed)s * most
ORDER BY score DESC, key COLLATE "C" LIMIT 20
"""
NAMES = ("need", "near", "certain", "deadline", "verified", "diversity")


def by_sql(cursor: psycopg.Cursor, asked: Asked, wish: Mapping[str, float]) -> list[Row]:
    firm = asked.firm
    values = {
        "needs": list(wish), "weights": list(wish.values()), "forms": list(asked.forms) or None,
        "naf": list(asked.prefixes) or None, "low": firm.staff[0], "high": firm.staff[1], "least": firm.turnover[0],
        "most": firm.turnover[1], "months": asked.months, "micro": firm.micro, "craft": firm.craft, "day": DAY,
        "perimeters": list(asked.perimeters), "listed": LISTED,
        **{f"p_{name}": float(getattr(WEIGHTS, name)) for name in NAMES},
    }  # fmt: skip
    cursor.execute(QUERY, values)
    return [
        (key, score, not unknown, tuple(sorted(unknown)),
         {name: value for name, value in zip(NAMES, points, strict=True) if value})
        for key, score, unknown, *points in cursor.fetchall()
    ]  # fmt: skip


class Scheme(models.Model):
    """The same table for the ORM."""

    key = models.TextField(unique=True)
    perimeters = ArrayField(models.TextField(), null=True)
    naf = ArrayField(models.TextField(), null=True)
    not_naf = ArrayField(models.TextField(), null=True)
    staff_from = models.FloatField(null=True)
    staff_below = models.FloatField(null=True)
    turnover_to = models.FloatField(null=True)
    months_from = models.IntegerField(null=True)
    months_below = models.IntegerField(null=True)
    forms = ArrayField(models.TextField(), null=True)
    micro = models.BooleanField(null=True)
    craft = models.BooleanField(null=True)
    state = models.TextField()
    opens_on = models.DateField(null=True)
    closes_on = models.DateField(null=True)
    near = models.FloatField()
    kind = models.TextField()
    verified = models.BooleanField()

    class Meta:
        app_label = "benchmarks"
        db_table = "scheme"
        managed = False

    def __str__(self) -> str:
        return self.key

    @property
    def needs(self) -> dict[str, float]:
        return {row.need: row.weight for row in self.served.all()}

    @property
    def reach(self) -> str:
        return next(name for name, near in NEAR.items() if near == self.near)


class SchemeNeed(models.Model):
    scheme = models.ForeignKey(Scheme, models.CASCADE, related_name="served")
    need = models.TextField()
    weight = models.FloatField()

    class Meta:
        app_label = "benchmarks"
        db_table = "scheme_need"
        managed = False

    def __str__(self) -> str:
        return self.need


def by_orm(asked: Asked, wish: Mapping[str, float], limit: int | None = LIMIT) -> list[Row]:
    """Filter with the ORM, then score what is left as a view would."""
    firm = asked.firm

    def unless_null(**lookups: Any) -> Q:
        either = Q()
        for name, value in lookups.items():
            either &= Q(**{f"{name.partition('__')[0]}__isnull": True}) | Q(**{name: value})
        return either

    rows = Scheme.objects.exclude(state="closed").filter(
        unless_null(opens_on__lte=DAY, closes_on__gte=DAY, perimeters__overlap=list(asked.perimeters)),
    )
    if asked.prefixes:
        prefixes = list(asked.prefixes)
        rows = rows.filter(unless_null(naf__overlap=prefixes), Q(not_naf__isnull=True) | ~Q(not_naf__overlap=prefixes))
    if (high := bound(firm.staff[1])) is not None:
        rows = rows.filter(unless_null(staff_from__lte=high))
    if (low := bound(firm.staff[0])) is not None:
        rows = rows.filter(unless_null(staff_below__gt=low))
    if (least := bound(firm.turnover[0])) is not None:
        rows = rows.filter(unless_null(turnover_to__gte=least))
    if asked.months is not None:
        rows = rows.filter(unless_null(months_from__lte=asked.months, months_below__gt=asked.months))
    if asked.forms:
        rows = rows.filter(unless_null(forms__overlap=list(asked.forms)))
    for name in ("micro", "craft"):
        if (is_so := getattr(firm, name)) is not None:
            rows = rows.filter(unless_null(**{name: is_so}))
    possible = [(row, open_facts(_filled(row), asked) or []) for row in rows.prefetch_related("served")]
    return ranked(possible, wish, limit)


def _filled(row: Scheme) -> Scheme:
    """Let lists that are null be empty, as plain Python has them."""
    for name in ("perimeters", "naf", "not_naf", "forms"):
        if getattr(row, name) is None:
            setattr(row, name, ())
    return row


def share_connection() -> psycopg.Connection:
    """Return the connection of the ORM, so that temporary tables are seen by both."""
    django_connection.ensure_connection()
    return django_connection.connection

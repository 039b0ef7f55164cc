"""The answers of the ``match`` command read straight from the reviewed files: no database, none of our code."""

import csv
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from tests.matching import reference

FIXTURES = Path(__file__).parents[2] / "fixtures"
FIRST_DAY = date(2026, 1, 1)  # the geography is that of 2026; before, nothing is known of who holds whom
NOWHERE_IN_PARTICULAR: dict[str, Any] = {"inside": set(), "possible": None}


def answer(line: dict[str, Any], *, on: date) -> dict[str, dict[str, Any]]:
    """Return what must be said of each scheme, by its name in the results."""
    facts = read(line, on=on)
    return {f"jonction:{scheme['key']}": reference.judge(scheme, facts) for scheme in schemes()}


def read(line: dict[str, Any], *, on: date) -> dict[str, Any]:
    project = line.get("project") or {}
    day = date.fromisoformat(line["on"]) if line.get("on") else on
    place = where(line.get("commune"), line.get("region"), day)
    return {
        "on": day,
        "place": place,
        "project_place": where(project["commune"], None, day) if project.get("commune") else place,
        "naf": line.get("naf") or "",
        "headcount": band(line.get("headcount")),
        "turnover": band(line.get("turnover")),
        "balance_sheet": band(line.get("balance_sheet")),
        "spend": band(project.get("spend")),
        "created_on": date.fromisoformat(line["created_on"]) if line.get("created_on") else None,
        "legal_category": line.get("legal_category") or "",
        "micro_entrepreneur": line.get("micro_entrepreneur"),
        "started": project.get("started"),
        "naf_2025": line.get("naf_2025") or "",
        "links": links_of(line.get("naf") or "", line.get("naf_2025") or ""),
        **{name: line.get(name) for name in ("craft_register", "public_body", "in_difficulty", "taxes_up_to_date")},
        "tenure": project.get("tenure") or "",
        "horizon": project.get("horizon") or "",
        "spend_kind": project.get("spend_kinds"),
        "group": None if line.get("group") is None else [related(row) for row in line["group"]],
        "previous_years": [figures(year) for year in line.get("previous_years") or []],
        "held": line.get("schemes") or {},
        "answers": {},
    }


def links_of(old: str, new: str) -> list[tuple[str, str]]:
    """Return the pairs of INSEE's table that hold a code of the NAF rév. 2 or of the NAF 2025."""
    plain = {code.replace(".", "") for code in (old, new)}
    return [pair for pair in naf_pairs() if any(code.replace(".", "") in plain for code in pair)]


@cache
def naf_pairs() -> list[tuple[str, str]]:
    with (FIXTURES / "naf_2025.csv").open(encoding="utf-8", newline="") as stream:
        return [(row["naf_rev2"], row["naf_2025"]) for row in csv.DictReader(stream)]


def figures(row: dict[str, Any]) -> dict[str, Any]:
    return {name: band(row.get(name)) for name in ("headcount", "turnover", "balance_sheet")}


def related(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "share": row["share"],
        "control": bool(row.get("control")),
        "holder": row.get("holder") or "company",
        **figures(row),
    }


def band(value: Any) -> tuple[float | None, float | None]:
    if value is None:
        return None, None
    return tuple(value) if isinstance(value, list) else (value, value)


def where(commune: str | None, region: str | None, day: date) -> dict[str, Any]:
    if day < FIRST_DAY:
        own = {f"COM-{commune}"} if commune else {f"REG-{region}"} if region else set()
        return {"inside": own, "possible": None}
    if commune:
        return around(commune)
    return somewhere_in(region) if region else NOWHERE_IN_PARTICULAR


@cache
def around(commune: str) -> dict[str, Any]:
    row = communes()[commune]
    inside = {f"COM-{commune}", f"DEP-{row['department']}", f"REG-{row['region']}"}
    if row["epci_siren"]:
        inside.add(f"EPCI-{row['epci_siren']}")
    answers = {f"ZONE-{zone['code']}": in_zone(zone, inside) for zone in zones()}
    return {
        "inside": inside | {code for code, answer in answers.items() if answer == "in"},
        "possible": {code for code, answer in answers.items() if answer == "not held"},
    }


def in_zone(zone: dict[str, Any], perimeters: set[str]) -> str:
    if perimeters & set(zone["members"]):
        return "in"
    return "out" if perimeters & set(zone["held_for"]) else "not held"


@cache
def somewhere_in(region: str) -> dict[str, Any]:
    """Return what every commune of a region is in, and what one of them may be in."""
    places = [around(code) for code, row in communes().items() if row["region"] == region]
    if not places:
        return {"inside": {f"REG-{region}"}, "possible": None}
    everywhere = set.intersection(*(place["inside"] for place in places))
    somewhere = set.union(*(place["inside"] | place["possible"] for place in places))
    return {"inside": everywhere, "possible": somewhere - everywhere}


@cache
def communes() -> dict[str, dict[str, str]]:
    with (FIXTURES / "territories" / "communes.csv").open(encoding="utf-8", newline="") as stream:
        return {row["code"]: row for row in csv.DictReader(stream)}


@cache
def zones() -> list[dict[str, Any]]:
    return yaml.safe_load((FIXTURES / "territories" / "zones.yaml").read_text(encoding="utf-8"))["zones"]


@cache
def schemes() -> list[dict[str, Any]]:
    paths = sorted((FIXTURES / "schemes").glob("*.yaml"))
    records = [yaml.safe_load(path.read_text(encoding="utf-8")) for path in paths]
    return [{**record, "window": {**record["window"], **seen(record)}} for record in records]


@cache
def pages() -> list[dict[str, Any]]:
    return yaml.safe_load((FIXTURES / "windows.yaml").read_text(encoding="utf-8"))["observations"]


def seen(record: dict[str, Any]) -> dict[str, Any]:
    """Return what pages say of a window that its file does not state: none of them says that one is closed."""
    rows = [row for row in pages() if row["scheme"] == record["key"] and record["window"]["state"] == "unknown"]
    for row in rows:
        if row["says"] == "dated":
            return {"state": "dated", "opens_on": row.get("opens_on"), "closes_on": row["closes_on"]}
    days = [row["day"] for row in rows if row["tier"] != "other"]
    if not days:
        return {}
    day = max(days)
    if record["name"].startswith("Appel") or record["summary"].startswith("Appel"):
        return {"seen_on": day, "seen_until": day + timedelta(days=30)}
    if record["kind"] in ("loan", "guarantee", "advisory", "training", "in_kind"):
        return {"seen_on": day, "seen_until": day.replace(year=day.year + 1)}
    return {"seen_on": day, "seen_until": date(day.year, 12, 31)}

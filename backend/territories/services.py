"""Loading the geography, and finding where something is."""

import csv
import re
from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from django.db import connection, transaction
from django.db.models import Count, Q, StringAgg, Value

from backend.common.files import digest_of_files, read_yaml
from backend.common.text import fold
from backend.territories.models import (
    Containment,
    LoadedFixture,
    Nomenclature,
    Perimeter,
    ServedEpci,
    Territory,
    valid_on,
)
from backend.territories.zones import BATCH, SINCE, Said, follow_reviewed

REFERENCE = "reference"  # all that ``load_reference`` loads, and the code that reads it
_CODE = re.compile(r"\(?\b(?P<code>\d[\dab]\d{3})\)?$")  # at the end of what was typed: INSEE or postcode
_SAINT = re.compile(r"\bst(?P<e>e?)(?P<rest>[ -])")


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What contains a place: codes it is in, and codes it may be in (``None``: any)."""

    inside: frozenset[str]
    possible: frozenset[str] | None


@dataclass(frozen=True, slots=True)
class TerritoryCodes:
    """The perimeters that hold, or may hold, some of the territory served, or lie in it; and those that hold all."""

    touching: frozenset[str]
    covering: frozenset[str]


@transaction.atomic
def load_territories(folder: Path) -> dict[str, int]:
    """Load perimeters, containments, zones and the served territory; running it again changes nothing."""
    if is_loaded("territories", digest_of_files(sorted(folder.iterdir()))):
        return _counts()
    rows = [
        *_perimeters(folder, "regions.csv", "REG", Perimeter.Kind.REGION, "code"),
        *_perimeters(folder, "departments.csv", "DEP", Perimeter.Kind.DEPARTMENT, "code"),
        *_perimeters(folder, "epcis.csv", "EPCI", Perimeter.Kind.EPCI, "siren"),
        *_perimeters(folder, "communes.csv", "COM", Perimeter.Kind.COMMUNE, "code"),
    ]
    zones = read_yaml(folder / "zones.yaml")["zones"]
    rows += [_zone(zone) for zone in zones]
    Perimeter.objects.bulk_create(
        rows,
        batch_size=BATCH,
        update_conflicts=True,
        unique_fields=["code"],
        update_fields=["name", "search_name", "postcodes", "population", "note", "is_of_addresses"],
    )
    pks = dict(Perimeter.objects.values_list("code", "pk"))
    links = dict.fromkeys(_links(folder), True)
    members = _members(links)
    for zone in zones:
        links |= {(commune, f"ZONE-{zone['code']}"): holds for commune, holds in _list_in_force(zone, members).items()}
    Containment.objects.filter(since=SINCE).delete()  # a commune may have left a zone since these files were last read
    _insert_containments((pks[inner], pks[outer], holds, SINCE) for (inner, outer), holds in links.items())
    _load_served(folder / "served.yaml", pks)
    return _counts()


def _insert_containments(rows: Iterable[tuple[int, int, bool, date]]) -> None:
    """Insert them by COPY: there are a hundred thousand, and as objects they took half the time of all files."""
    statement = f"COPY {Containment._meta.db_table} (inner_id, outer_id, holds, since) FROM STDIN"
    with connection.wrap_database_errors, connection.cursor() as cursor, cursor.copy(statement) as copy:
        for row in rows:
            copy.write_row(row)


def _counts() -> dict[str, int]:
    return {
        "périmètres": Perimeter.objects.count(),
        "inclusions": Containment.objects.count(),
        "intercommunalités servies": ServedEpci.objects.count(),
    }


def is_loaded(name: str, digest: str) -> bool:
    """Tell whether what was loaded last had this digest, and note that it is now: part of the same transaction."""
    if LoadedFixture.objects.filter(name=name, digest=digest).exists():
        return True
    LoadedFixture.objects.update_or_create(name=name, defaults={"digest": digest})
    return False


def _perimeters(folder: Path, name: str, prefix: str, kind: str, key: str) -> Iterable[Perimeter]:
    for row in _read(folder / name):
        yield Perimeter(
            code=f"{prefix}-{row[key]}",
            kind=kind,
            name=row["name"],
            search_name=fold(row["name"]),
            postcodes=row.get("postcodes", "").split(),
            population=int(row["municipal_population"]) if row.get("municipal_population") else None,
        )


def _zone(zone: dict[str, Any]) -> Perimeter:
    return Perimeter(
        code=f"ZONE-{zone['code']}",
        kind=Perimeter.Kind.ZONE,
        name=zone["name"],
        search_name=fold(zone["name"]),
        note=f"{zone['why']} Source : {zone['source']}.",
        is_of_addresses=zone["kind"] == "address",
    )


def _links(folder: Path) -> Iterable[tuple[str, str]]:
    for row in _read(folder / "departments.csv"):
        if row["region"]:
            yield f"DEP-{row['code']}", f"REG-{row['region']}"
    for row in _read(folder / "communes.csv"):
        inner = f"COM-{row['code']}"
        for prefix, column in (("DEP", "department"), ("REG", "region"), ("EPCI", "epci_siren")):
            if row[column]:
                yield inner, f"{prefix}-{row[column]}"


def _members(links: Iterable[tuple[str, str]]) -> dict[str, set[str]]:
    """Return the communes of each perimeter, itself for a commune, by code."""
    found: dict[str, set[str]] = defaultdict(set)
    for inner, outer in links:
        if inner.startswith("COM-"):
            found[outer].add(inner)
            found[inner].add(inner)
    return found


def _list_in_force(zone: dict[str, Any], members: dict[str, set[str]]) -> Said:
    """Spell out a zone commune by commune: in, or known to be out; not held is no row at all."""
    said: Said = {}
    for holds, names in ((False, zone["held_for"]), (True, zone["members"])):
        said |= {commune: holds for name in names for commune in members[name]}
    perimeter = Perimeter.objects.get(code=f"ZONE-{zone['code']}")
    return follow_reviewed(
        perimeter, said, source=zone["public_source"], dated=zone["dated"], held_for=zone["held_for"]
    )


def _load_served(path: Path, pks: dict[str, int]) -> None:
    served = read_yaml(path)
    territory, _ = Territory.objects.update_or_create(name=served["name"], defaults={"programme": served["programme"]})
    for epci in served["epcis"]:
        ServedEpci.objects.update_or_create(
            perimeter_id=pks[f"EPCI-{epci['siren']}"],
            defaults={"territory": territory, "short_name": epci["short_name"], "usual_name": epci["name"]},
        )


@transaction.atomic
def load_nomenclatures(folder: Path) -> int:
    """Load the activity codes and the legal categories; return how many codes there are."""
    if is_loaded("nomenclatures", digest_of_files([folder / "naf_rev2.csv", folder / "legal_categories.csv"])):
        return Nomenclature.objects.count()
    rows = [
        Nomenclature(system=system, code=row["code"], name=row["name"], level=row.get("level", ""))
        for system, name in (
            (Nomenclature.System.NAF_REV2, "naf_rev2.csv"),
            (Nomenclature.System.LEGAL_CATEGORY, "legal_categories.csv"),
        )
        for row in _read(folder / name)
    ]
    Nomenclature.objects.bulk_create(
        rows,
        batch_size=BATCH,
        update_conflicts=True,
        unique_fields=["system", "code"],
        update_fields=["name", "level"],
    )
    return len(rows)


def _read(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


def communes_surroundings(codes: Collection[str], *, on: date) -> dict[str, Surroundings]:
    """Return what contains each of some communes, by INSEE code, on a day; a code of no current commune is left out.

    A zone whose list is not held for a commune stays possible; every other perimeter is known to be outside.
    """
    communes = Perimeter.objects.communes().filter(code__in=[f"COM-{code}" for code in codes])
    known: dict[str, dict[str, bool]] = {code: {} for code in communes.values_list("code", flat=True)}
    links = Containment.objects.valid(on).filter(inner__code__in=known)
    for inner, outer, holds in links.values_list("inner__code", "outer__code", "holds"):
        known[inner][outer] = holds
    return {commune.partition("-")[2]: _surroundings(commune, links) for commune, links in known.items()}


def _surroundings(commune: str, links: dict[str, bool]) -> Surroundings:
    if not links:  # the day is before the millésime held: only the commune itself is sure
        return Surroundings(frozenset({commune}), None)
    inside = frozenset(outer for outer, holds in links.items() if holds) | {commune}
    return Surroundings(inside, frozenset(zone_codes()).difference(links))


def perimeter_surroundings(code: str, *, on: date) -> Surroundings | None:
    """Return what contains a place known to be somewhere in a perimeter; ``None`` where the code is none."""
    prefix, _, official = code.partition("-")
    if prefix == "COM":
        return communes_surroundings([official], on=on).get(official)
    return areas_surroundings([code], on=on).get(code)


def areas_surroundings(codes: Collection[str], *, on: date) -> dict[str, Surroundings]:
    """Return what contains a place known to be somewhere in an area, by its code; a code of none is left out.

    What holds every commune of it holds the place; what holds some may; what is known to hold none does not.
    """
    areas = Perimeter.objects.filter(code__in=codes).exclude(kind=Perimeter.Kind.COMMUNE)
    code_of = dict(areas.values_list("pk", "code"))
    asked = [*code_of]
    held = Containment.objects.valid(on).filter(outer__in=asked, holds=True, inner__kind=Perimeter.Kind.COMMUNE)
    communes = dict(held.values_list("outer").annotate(codes=StringAgg("inner__code", Value(","))))
    links = held.filter(valid_on(on, "inner__containments__"))
    columns = ("outer", "inner__containments__outer", "inner__containments__holds")
    counts = [*links.values_list(*columns).annotate(n=Count("pk"))]  # by number: by code, it takes twice as long
    code_of |= Perimeter.objects.filter(pk__in={outer for _, outer, _, _ in counts}).values_list("pk", "code")
    holding: dict[tuple[int, bool], dict[str, int]] = defaultdict(dict)
    for area, outer, holds, n in counts:
        holding[area, holds][code_of[outer]] = n
    return {
        code_of[area]: _somewhere_in(code_of[area], communes.get(area, ""), holding[area, True], holding[area, False])
        for area in asked
    }


def _somewhere_in(code: str, communes: str, held: dict[str, int], denied: dict[str, int]) -> Surroundings:
    """Return what contains a place in an area, from its communes and how many of them perimeters hold and do not."""
    if not communes:  # the day is before the millésime held, or the list of a zone is not held
        return Surroundings(frozenset({code}), None)
    names = communes.split(",")
    inside = frozenset(outer for outer, n in held.items() if n == len(names))
    zones = {zone for zone in zone_codes() if denied.get(zone, 0) < len(names)}
    return Surroundings(inside, (frozenset(held).union(names) | zones) - inside)


def period_of(day: date) -> date:
    """Return the first day of the period, around a day, in which the geography does not change.

    What is found for one day is true for the whole period.
    """
    return max((change for change in _changes() if change <= day), default=date.min)


@lru_cache(maxsize=1)
def _changes() -> frozenset[date]:
    found = Containment.objects.values_list("since", "until").distinct()
    return frozenset(start for start, _ in found) | {end + timedelta(days=1) for _, end in found if end}


def geography_state() -> str:
    """Digest what was loaded last: perimeters and nomenclatures are written by that alone, all rows at once."""
    rows = LoadedFixture.objects.exclude(name=REFERENCE).order_by("name").values_list()
    return sha256("\n".join(f"{name} {digest}" for name, digest in rows).encode()).hexdigest()


def clear_caches() -> None:
    """Forget what was read of the geography: after it was loaded again in this process."""
    zone_codes.cache_clear()
    _changes.cache_clear()
    territory_name.cache_clear()
    served_epcis.cache_clear()
    served_communes.cache_clear()
    _territory_codes.cache_clear()
    _served_epci_of.cache_clear()
    activities.cache_clear()
    _communes_named.cache_clear()


@lru_cache(maxsize=1)
def zone_codes() -> tuple[str, ...]:
    """Return the code of every zone; they change with a release only."""
    return tuple(Perimeter.objects.zones().values_list("code", flat=True))


def served_epci_of(commune_code: str, *, on: date) -> ServedEpci | None:
    """Return the served intercommunality a commune belongs to on a day, or none."""
    return _served_epci_of(commune_code, period_of(on))


@lru_cache(maxsize=2_000)
def _served_epci_of(commune_code: str, period: date) -> ServedEpci | None:
    return ServedEpci.objects.filter(
        perimeter__contents__in=Containment.objects.valid(period).filter(inner__code=f"COM-{commune_code}")
    ).first()


@lru_cache(maxsize=1)
def activities() -> dict[str, Nomenclature]:
    """Return every code of the NAF rév. 2, whatever its level; they change with a release only."""
    return {row.code: row for row in Nomenclature.objects.filter(system=Nomenclature.System.NAF_REV2)}


@lru_cache(maxsize=1)
def territory_name() -> str:
    """Return the name of the territory served; empty before the reference data is loaded."""
    territory = Territory.objects.first()
    return territory.name if territory else ""


@lru_cache(maxsize=1)
def served_epcis() -> tuple[ServedEpci, ...]:
    """Return the intercommunalities served, in their order; they change with a release only."""
    return tuple(ServedEpci.objects.all())


@lru_cache(maxsize=1)
def served_communes() -> tuple[Perimeter, ...]:
    """Return the communes of the territory by name; they change with a release only."""
    inside = Perimeter.objects.communes().filter(containments__outer__served__isnull=False)
    return tuple(inside.order_by("search_name"))


def territory_codes(*, on: date) -> TerritoryCodes:
    """Return how other perimeters stand to the territory served."""
    return _territory_codes(period_of(on))


@lru_cache(maxsize=4)
def _territory_codes(period: date) -> TerritoryCodes:
    codes = [commune.official_code for commune in served_communes()]
    found = communes_surroundings(codes, on=period).values()
    touching = frozenset().union(*(one.inside | (one.possible or frozenset()) for one in found))
    covering = frozenset.intersection(*(one.inside for one in found)) if found else frozenset()
    return TerritoryCodes(touching, covering)


def find_communes(text: str, *, limit: int = 12) -> list[Perimeter]:
    """Return the communes a person may mean by a name, a postcode or an INSEE code; those served come first.

    ``Janville (60323)`` and ``Janville (60150)`` are one commune each: the code after the name decides. All that share
    a postcode are returned, however many, and no other: alone, ``60200`` is not Domfront, whose INSEE code it is.
    """
    wanted = " ".join(fold(text).split())
    communes = Perimeter.objects.communes()
    code = _CODE.search(wanted)
    if code:
        wanted = wanted[: code.start()].strip()
        if not wanted:
            of_postcode = _served_first(communes.filter(postcodes__contains=[code["code"]]))
            return of_postcode or list(communes.filter(code=f"COM-{code['code'].upper()}"))
        communes = communes.filter(_code_is(code["code"]))
    if not wanted:
        return []
    name = _SAINT.sub(lambda saint: f"sainte{saint['rest']}" if saint["e"] else f"saint{saint['rest']}", wanted)
    spellings = {name, name.replace(" ", "-"), name.replace("-", " ")}
    found = communes.filter(search_name__in=spellings) if code else _communes_named(frozenset(spellings))
    return _served_first(found or communes.filter(_starts_with(spellings)))[:limit]


@lru_cache(maxsize=2_000)
def _communes_named(spellings: frozenset[str]) -> tuple[Perimeter, ...]:
    return tuple(Perimeter.objects.communes().filter(search_name__in=spellings))


def _served_first(communes: Iterable[Perimeter]) -> list[Perimeter]:
    served = {commune.code for commune in served_communes()}
    return sorted(communes, key=lambda commune: (commune.code not in served, -(commune.population or 0), commune.name))


def _code_is(code: str) -> Q:
    return Q(postcodes__contains=[code]) | Q(code=f"COM-{code.upper()}")


def _starts_with(spellings: set[str]) -> Q:
    found = Q()
    for spelling in spellings:
        found |= Q(search_name__startswith=spelling)
    return found

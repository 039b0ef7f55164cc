"""A record in French, line by line; and two of them side by side."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from textwrap import shorten

from django.db.models import TextChoices

from backend.schemes.catalogue.criteria import sentence
from backend.schemes.catalogue.record_types import AmountRecord, ContactRecord, SchemeRecord
from backend.schemes.catalogue.records import definition_of, normalise
from backend.schemes.catalogue.revision_wording import window
from backend.schemes.catalogue.wording import activity_2025_name, activity_name, scheme_name
from backend.schemes.models import Definition, OperatorRole, Relation, Revision, Scheme, Source, SubNeed, Tier
from backend.schemes.typography import NBSP, euros, number, partial_day, percent
from backend.schemes.typography import day as day_in_words
from backend.schemes.vocabulary import NATURES, ONE_SIZE


@dataclass(frozen=True, slots=True)
class Difference:
    """One field that two records say differently: only the lines that differ."""

    label: str
    before: tuple[str, ...]
    after: tuple[str, ...]


def differences(before: SchemeRecord | None, after: SchemeRecord) -> list[Difference]:
    """Return what differs between two records, field by field; everything is new where there is no first one."""
    old, new = describe(before) if before else {}, describe(after)
    found = []
    for label, lines in new.items():
        known = old.get(label, ())
        if known != lines:
            removed = tuple(line for line in known if line not in lines)
            added = tuple(line for line in lines if line not in known)
            found.append(Difference(label, removed, added) if removed or added else Difference(label, known, lines))
    return found


@dataclass(frozen=True, slots=True)
class Line:
    """One field of two records, whatever each says of it."""

    label: str
    one: tuple[str, ...]
    other: tuple[str, ...]

    @property
    def is_alike(self) -> bool:
        return self.one == self.other


def side_by_side(one: SchemeRecord, other: SchemeRecord) -> list[Line]:
    """Return the fields that one of two records fills in: those that differ first."""
    left, right = describe(one), describe(other)
    lines = (Line(label, left[label], right[label]) for label in left if left[label] or right[label])
    return sorted(lines, key=lambda line: line.is_alike)


def describe(record: SchemeRecord) -> dict[str, tuple[str, ...]]:
    """Return every field of a record under its French label, as lines a person reads."""
    record = normalise(record)
    return {LABELS[name]: tuple(write(record)) for name, write in _WRITE.items()}


def lines_of(record: SchemeRecord, name: str) -> tuple[str, ...]:
    """Return one field of a record as lines a person reads."""
    return tuple(_WRITE[name](normalise(record)))


def _text(text: str | None) -> list[str]:
    return [text] if text else []


def _choice(value: str | None, choices: type[TextChoices]) -> list[str]:
    return [str(choices(value).label) if value else "non précisé"]


def _day(iso: str | None) -> list[str]:
    return [_iso_day(iso)] if iso else []


def _needs(record: SchemeRecord) -> Iterable[str]:
    labels = dict(SubNeed.objects.values_list("key", "label"))
    by_weight = sorted(record["needs"].items(), key=lambda item: (-item[1], item[0]))
    return [f"{labels.get(key, key)} ({number(weight)})" for key, weight in by_weight]


def _operators(record: SchemeRecord) -> Iterable[str]:
    for row in record["operators"]:
        yield f"{row['name']}{NBSP}: {', '.join(str(OperatorRole.Role(role).label) for role in row['roles'])}"


def _window(record: SchemeRecord) -> Iterable[str]:
    given = record["window"]
    opens, closes = (date.fromisoformat(iso) if iso else None for iso in (given["opens_on"], given["closes_on"]))
    yield window(given["state"], opens, closes)
    if given["state"] == Revision.WindowState.UNKNOWN and (seen_on := given.get("seen_on")):
        seen_until = given.get("seen_until")
        until = f", valable jusqu’au {_iso_day(seen_until)}" if seen_until else ""
        yield f"vu ouvert le {_iso_day(seen_on)} ({given['seen_by']}, {given['seen_url']}){until}"
    if given["recurring"] is not None:
        yield "revient chaque année" if given["recurring"] else "ne revient pas"
    if given["note"]:
        yield given["note"]


def _iso_day(text: str) -> str:
    return day_in_words(date.fromisoformat(text))


def _variant_of(record: SchemeRecord) -> Iterable[str]:
    return [scheme_name(f"{Scheme.OWN}:{record['variant_of']}")] if record["variant_of"] else []


def _preparation(record: SchemeRecord) -> Iterable[str]:
    days = record["preparation_days"]
    return [] if days is None else [f"{days} jour{'s' if days > 1 else ''}"]


def amount_figures(given: AmountRecord) -> Iterable[tuple[str, tuple[float, str]]]:
    """Yield each rate and sum of an amount: its line as a person reads it, its number and its unit."""
    if (rate_max := given.get("rate_max_pct")) is not None:
        yield f"taux maximal{NBSP}: {percent(rate_max)}", (float(rate_max), "%")
    for row in given.get("rates") or ():
        yield f"taux, {ONE_SIZE[row['size']]}{NBSP}: {percent(row['pct'])}", (float(row["pct"]), "%")
    for label, value in _euros(given):
        if value is not None:
            yield f"{label}{NBSP}: {euros(value)}", (float(value), "€")


def _euros(given: AmountRecord) -> Iterable[tuple[str, float | None]]:
    yield "plancher", given.get("floor_eur")
    yield "plafond", given.get("ceiling_eur")
    yield "dépense retenue, au moins", given.get("spend_min_eur")
    yield "dépense retenue, au plus", given.get("spend_max_eur")
    yield "reste à charge", given.get("cost_left_eur")


def _amount(record: SchemeRecord) -> Iterable[str]:
    given: AmountRecord = record["amount"] or {}
    if text := given.get("text"):
        yield text
    if unit := given.get("unit"):
        yield str(Revision.AmountUnit(unit).label)
    yield from (line for line, _value in amount_figures(given))
    if given.get("in_kind") is not None:
        yield "en nature" if given["in_kind"] else "en argent"
    if given.get("duration"):
        yield f"durée{NBSP}: {given['duration']}"
    if source := given.get("source"):
        yield f"source{NBSP}: {_source_title(record, source)}"
    if given.get("place"):
        yield f"endroit{NBSP}: {given['place']}"
    if given.get("excerpt"):
        yield f"phrase de la source{NBSP}: {given['excerpt']}"


def _contact(record: SchemeRecord) -> Iterable[str]:
    given: ContactRecord = record["contact"] or {}
    return filter(None, (given.get("name"), given.get("url"), given.get("phone")))


def _criteria(record: SchemeRecord) -> Iterable[str]:
    for row in record["criteria"]:
        definition = definition_of(row)
        yield "".join(
            [
                sentence(definition),
                _asked(definition),
                f" [source{NBSP}: {_source_title(record, row['source'])}]",
                f" [endroit{NBSP}: {row['place']}]" if row["place"] else "",
                f" [phrase de la source{NBSP}: {row['excerpt']}]" if row["excerpt"] else "",
                f" [précision{NBSP}: {row['note']}]" if row["note"] else "",
                " [tiré du seul texte]" if row.get("from_text") else "",
            ]
        )


def _asked(definition: Definition) -> str:
    """Say who answers a condition and under which name, which the sentence does not tell."""
    if definition["kind"] != "manual":
        return ""
    nature = definition.get("nature")
    said = f"{NATURES[nature]}, " if nature else ""
    return f" [{said}{ASKED[definition.get('ask', 'operator')]}, réponse «{NBSP}{definition['fact']}{NBSP}»]"


ASKED = {"firm": "l’entreprise répond", "officer": "le développeur répond", "operator": "le porteur répond"}


def _source_title(record: SchemeRecord, position: int | None) -> str:
    return "aucune" if position is None else shorten(record["sources"][position - 1]["title"], 70, placeholder="…")


def _sources(record: SchemeRecord) -> Iterable[str]:
    for row in record["sources"]:
        of = "du" if row["dated"] and len(row["dated"]) == len("2026-06-12") else "de"  # « de juin 2026 », « de 2026 »
        dated = f"datée {of} {partial_day(row['dated'])}" if row["dated"] else "sans date"
        tier = str(Tier(row["tier"]).label) if row["tier"] else ""
        licence = str(Source.Licence(row["licence"]).label) if row["licence"] else ""
        yield " – ".join(filter(None, (row["title"], row["url"], dated, tier, licence)))


def _relations(record: SchemeRecord) -> Iterable[str]:
    keys = [row["scheme"] for row in record["relations"]]
    found = Scheme.objects.of_source(Scheme.OWN).filter(source_key__in=keys).select_related("current")
    names = {scheme.source_key: str(scheme) for scheme in found}
    for row in record["relations"]:
        text = f"{Relation.Kind(row['kind']).label}{NBSP}: {names.get(row['scheme'], row['scheme'])}"
        if row["cap_pct"] is not None:
            text += f", jusqu’à {number(float(row['cap_pct']))}{NBSP}% de la même dépense"
        source = f" [source{NBSP}: {_source_title(record, row['source'])}]" if row["source"] else ""
        yield text + (f" ({row['note']})" if row["note"] else "") + source


_WRITE: dict[str, Callable[[SchemeRecord], Iterable[str]]] = {
    "name": lambda record: _text(record.get("name")),
    "summary": lambda record: _text(record.get("summary")),
    "kind": lambda record: _choice(record["kind"], Revision.Kind),
    "level": lambda record: _choice(record["level"], Revision.Level),
    "owner": lambda record: _text(record.get("owner")),
    "confidence": lambda record: _choice(record["confidence"], Revision.Confidence),
    "as_of": lambda record: _day(record.get("as_of")),
    "review_by": lambda record: _day(record.get("review_by")),
    "applicants": lambda record: [str(Revision.Applicant(who).label) for who in record["applicants"]],
    "variant_of": _variant_of,
    "needs": _needs,
    "targeted_naf": lambda record: map(activity_name, record["targeted_naf"]),
    "targeted_naf_2025": lambda record: map(activity_2025_name, record["targeted_naf_2025"]),
    "window": _window,
    "preparation_days": _preparation,
    "amount": _amount,
    "criteria": _criteria,
    "operators": _operators,
    "next_step": lambda record: _text(record.get("next_step")),
    "documents": lambda record: record["documents"],
    "contact": _contact,
    "url": lambda record: _text(record.get("url")),
    "public_contact": lambda record: ["oui" if record["public_contact"] else "non"],
    "state_aid_regime": lambda record: _text(record.get("state_aid_regime")),
    "legal_basis": lambda record: _text(record.get("legal_basis")),
    "relations": _relations,
    "sources": _sources,
    "notes": lambda record: _text(record.get("notes")),
    "corrections": lambda record: record["corrections"],
}

LABELS: dict[str, str] = {
    "name": "Nom",
    "summary": "Résumé",
    "kind": "Forme",
    "level": "Niveau",
    "owner": "Suivie par",
    "confidence": "Vérification",
    "as_of": "État au",
    "review_by": "À revoir avant le",
    "applicants": "Qui demande",
    "variant_of": "Variante de",
    "needs": "Besoins servis",
    "targeted_naf": "Secteurs ciblés",
    "targeted_naf_2025": "Secteurs ciblés (NAF 2025)",
    "window": "Ouverture",
    "preparation_days": "Préparation du dossier",
    "amount": "Montant",
    "criteria": "Critères d’éligibilité",
    "operators": "Porteurs",
    "next_step": "Première démarche",
    "documents": "Pièces à fournir",
    "contact": "Contact",
    "url": "Page du dispositif",
    "public_contact": "Contact public",
    "state_aid_regime": "Régime d’aide",
    "legal_basis": "Base légale",
    "relations": "Liens avec d’autres dispositifs",
    "sources": "Sources",
    "notes": "Remarques pour les développeurs",
    "corrections": "Corrections apportées",
}

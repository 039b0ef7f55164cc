"""A record in French, line by line; and two of them side by side."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from textwrap import shorten

from django.db.models import TextChoices

from backend.schemes.catalogue.criteria import sentence
from backend.schemes.catalogue.records import ANNOTATIONS, FROM_TEXT, Record, normalise
from backend.schemes.catalogue.revision_wording import window
from backend.schemes.catalogue.wording import activity_2025_name, activity_name, scheme_name
from backend.schemes.models import OperatorRole, Relation, Revision, Scheme, Source, SubNeed, Tier
from backend.schemes.typography import NBSP, euros, number, percent
from backend.schemes.typography import day as day_in_words
from backend.schemes.vocabulary import NATURES, ONE_SIZE


@dataclass(frozen=True, slots=True)
class Difference:
    """One field that two records say differently: only the lines that differ."""

    label: str
    before: tuple[str, ...]
    after: tuple[str, ...]


def differences(before: Record | None, after: Record) -> list[Difference]:
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


def side_by_side(one: Record, other: Record) -> list[Line]:
    """Return the fields that one of two records fills in: those that differ first."""
    left, right = describe(one), describe(other)
    lines = (Line(label, left[label], right[label]) for label in left if left[label] or right[label])
    return sorted(lines, key=lambda line: line.is_alike)


def describe(record: Record) -> dict[str, tuple[str, ...]]:
    """Return every field of a record under its French label, as lines a person reads."""
    record = normalise(record)
    return {LABELS[name]: tuple(write(record)) for name, write in _WRITE.items()}


def lines_of(record: Record, name: str) -> tuple[str, ...]:
    """Return one field of a record as lines a person reads."""
    return tuple(_WRITE[name](normalise(record)))


def _text(name: str) -> Callable[[Record], Iterable[str]]:
    return lambda record: [record[name]] if record.get(name) else []


def _choice(name: str, choices: type[TextChoices]) -> Callable[[Record], Iterable[str]]:
    return lambda record: [str(choices(record[name]).label) if record[name] else "non précisé"]


def _day(name: str) -> Callable[[Record], Iterable[str]]:
    return lambda record: [day_in_words(date.fromisoformat(record[name]))] if record[name] else []


def _needs(record: Record) -> Iterable[str]:
    labels = dict(SubNeed.objects.values_list("key", "label"))
    by_weight = sorted(record["needs"].items(), key=lambda item: (-item[1], item[0]))
    return [f"{labels.get(key, key)} ({number(weight)})" for key, weight in by_weight]


def _operators(record: Record) -> Iterable[str]:
    for row in record["operators"]:
        yield f"{row['name']}{NBSP}: {', '.join(str(OperatorRole.Role(role).label) for role in row['roles'])}"


def _window(record: Record) -> Iterable[str]:
    given = record["window"]
    opens, closes = (date.fromisoformat(given[name]) if given[name] else None for name in ("opens_on", "closes_on"))
    yield window(given["state"], opens, closes)
    if given["state"] == Revision.WindowState.UNKNOWN and given.get("seen_on"):
        until = f", valable jusqu’au {_iso_day(given['seen_until'])}" if given.get("seen_until") else ""
        yield f"vu ouvert le {_iso_day(given['seen_on'])} ({given['seen_by']}, {given['seen_url']}){until}"
    if given["recurring"] is not None:
        yield "revient chaque année" if given["recurring"] else "ne revient pas"
    if given["note"]:
        yield given["note"]


def _iso_day(text: str) -> str:
    return day_in_words(date.fromisoformat(text))


def _variant_of(record: Record) -> Iterable[str]:
    return [scheme_name(f"{Scheme.OWN}:{record['variant_of']}")] if record["variant_of"] else []


def _preparation(record: Record) -> Iterable[str]:
    days = record["preparation_days"]
    return [] if days is None else [f"{days} jour{'s' if days > 1 else ''}"]


AMOUNT_LABELS = {
    "floor_eur": "plancher",
    "ceiling_eur": "plafond",
    "spend_min_eur": "dépense retenue, au moins",
    "spend_max_eur": "dépense retenue, au plus",
    "cost_left_eur": "reste à charge",
}


def _amount(record: Record) -> Iterable[str]:
    given = record["amount"] or {}
    if given.get("text"):
        yield given["text"]
    if given.get("unit"):
        yield str(Revision.AmountUnit(given["unit"]).label)
    if given.get("rate_max_pct") is not None:
        yield f"taux maximal{NBSP}: {percent(given['rate_max_pct'])}"
    for row in given.get("rates") or ():
        yield f"taux, {ONE_SIZE[row['size']]}{NBSP}: {percent(row['pct'])}"
    for name, label in AMOUNT_LABELS.items():
        if given.get(name) is not None:
            yield f"{label}{NBSP}: {euros(float(given[name]))}"
    if given.get("in_kind") is not None:
        yield "en nature" if given["in_kind"] else "en argent"
    if given.get("duration"):
        yield f"durée{NBSP}: {given['duration']}"
    if given.get("source"):
        yield f"source{NBSP}: {_source_title(record, given['source'])}"
    if given.get("place"):
        yield f"endroit{NBSP}: {given['place']}"
    if given.get("excerpt"):
        yield f"phrase de la source{NBSP}: {given['excerpt']}"


def _contact(record: Record) -> Iterable[str]:
    return [value for value in (record["contact"] or {}).values() if value]


def _criteria(record: Record) -> Iterable[str]:
    for row in record["criteria"]:
        definition = {name: value for name, value in row.items() if name not in (*ANNOTATIONS, FROM_TEXT)}
        yield "".join(
            [
                sentence(definition),
                _asked(definition),
                f" [source{NBSP}: {_source_title(record, row['source'])}]",
                f" [endroit{NBSP}: {row['place']}]" if row["place"] else "",
                f" [phrase de la source{NBSP}: {row['excerpt']}]" if row["excerpt"] else "",
                f" [précision{NBSP}: {row['note']}]" if row["note"] else "",
                " [tiré du seul texte]" if row.get(FROM_TEXT) else "",
            ]
        )


def _asked(definition: Record) -> str:
    """Say who answers a condition and under which name, which the sentence does not tell."""
    if definition["kind"] != "manual":
        return ""
    nature = definition.get("nature")
    said = f"{NATURES[nature]}, " if nature else ""
    return f" [{said}{ASKED[definition.get('ask', 'operator')]}, réponse «{NBSP}{definition['fact']}{NBSP}»]"


ASKED = {"firm": "l’entreprise répond", "officer": "le développeur répond", "operator": "le porteur répond"}


def _source_title(record: Record, position: int | None) -> str:
    return "aucune" if position is None else shorten(record["sources"][position - 1]["title"], 70, placeholder="…")


def _sources(record: Record) -> Iterable[str]:
    for row in record["sources"]:
        dated = f"datée de {row['dated']}" if row["dated"] else "sans date"
        tier = str(Tier(row["tier"]).label) if row["tier"] else ""
        licence = str(Source.Licence(row["licence"]).label) if row["licence"] else ""
        yield " – ".join(filter(None, (row["title"], row["url"], dated, tier, licence)))


def _relations(record: Record) -> Iterable[str]:
    keys = [row["scheme"] for row in record["relations"]]
    found = Scheme.objects.of_source(Scheme.OWN).filter(source_key__in=keys).select_related("current")
    names = {scheme.source_key: str(scheme) for scheme in found}
    for row in record["relations"]:
        text = f"{Relation.Kind(row['kind']).label}{NBSP}: {names.get(row['scheme'], row['scheme'])}"
        if row["cap_pct"] is not None:
            text += f", jusqu’à {number(float(row['cap_pct']))}{NBSP}% de la même dépense"
        source = f" [source{NBSP}: {_source_title(record, row['source'])}]" if row["source"] else ""
        yield text + (f" ({row['note']})" if row["note"] else "") + source


def _lines(name: str) -> Callable[[Record], Iterable[str]]:
    return lambda record: record[name]


_WRITE: dict[str, Callable[[Record], Iterable[str]]] = {
    "name": _text("name"),
    "summary": _text("summary"),
    "kind": _choice("kind", Revision.Kind),
    "level": _choice("level", Revision.Level),
    "owner": _text("owner"),
    "confidence": _choice("confidence", Revision.Confidence),
    "as_of": _day("as_of"),
    "review_by": _day("review_by"),
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
    "next_step": _text("next_step"),
    "documents": _lines("documents"),
    "contact": _contact,
    "url": _text("url"),
    "public_contact": lambda record: ["oui" if record["public_contact"] else "non"],
    "state_aid_regime": _text("state_aid_regime"),
    "legal_basis": _text("legal_basis"),
    "relations": _relations,
    "sources": _sources,
    "notes": _text("notes"),
    "corrections": _lines("corrections"),
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

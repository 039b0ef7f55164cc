"""The catalogue as the national schema of schemes writes it (v0.2.0, core and professionals): one row a scheme."""

import json
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

from backend.schemes.catalogue import criteria, revision_wording
from backend.schemes.catalogue.national.conditions import condition_columns
from backend.schemes.catalogue.record_types import ContactRecord, SchemeRecord
from backend.schemes.catalogue.regimes import DE_MINIMIS, regimes_of
from backend.schemes.models import Revision

COLUMNS = (
    "id", "titre", "promesse", "description", "eligibilite", "types_aides", "porteurs", "programmes_parents",
    "url_source", "cibles", "eligibilite_geographique", "eligibilite_geographique_exclusions", "date_ouverture",
    "date_cloture", "date_mise_a_jour", "base_juridique", "eligibilite_effectif_minimal",
    "eligibilite_effectif_maximal", "eligibilite_categorie_taille_entreprise", "eligibilite_annees_existence_minimal",
    "eligibilite_forme_juridique", "eligibilite_forme_juridique_exclusions", "ciblage_secteur_activite", "ciblage_naf",
    "ciblage_naf_exclusions", "chainage_paiement",
)  # fmt: skip
MAX_PROMISE, MAX_DESCRIPTION = 180, 5000
PARIS = ZoneInfo("Europe/Paris")
ROLES = {"funder": "financeur", "assessor": "instructeur", "distributor": "diffuseur"}
# The schema keeps its list of types elsewhere and lets it grow: the words of the State's own file first, then ours.
TYPES = {
    "grant": "financement",
    "loan": "prêt",
    "repayable_advance": "avance remboursable",
    "guarantee": "garantie",
    "tax_relief": "avantage fiscal",
    "advisory": "accompagnement",
    "training": "formation",
    "in_kind": "service",
    "mixed": "plusieurs formes d’aide",
}
REGIMES = {
    DE_MINIMIS: "Règlement de minimis",
    "GBER": "Règlement général d’exemption par catégorie (RGEC)",
    "AFR": "Régime d’aides à finalité régionale (AFR)",
    "RDI": "Régime d’aides à la recherche, au développement et à l’innovation (RDI)",
}
BENEFICIARIES = {"firm": "professionnels", "employee": "particuliers", "authority": "secteur public"}
_REGULATIONS = {
    DE_MINIMIS: ("Règlement (UE) 2023/2831, de minimis", "https://eur-lex.europa.eu/eli/reg/2023/2831/oj"),
    "GBER": ("Règlement (UE) 651/2014", "https://eur-lex.europa.eu/eli/reg/2014/651/oj"),
}

type Row = dict[str, str]


def row_of(revision: Revision, record: SchemeRecord, *, on: date) -> Row:
    """Return a revision as a row of text; ``record`` is what it says, ``on`` the day its sentences are written for."""
    summary = wording_of_promise(record["summary"] or "")
    return {
        **dict.fromkeys(COLUMNS, ""),
        "id": str(revision.scheme.uuid),
        "titre": record["name"],
        "promesse": summary if len(summary) <= MAX_PROMISE else "",
        "description": _cut("\n\n".join(_description(revision, record, on=on)), MAX_DESCRIPTION),
        "eligibilite": "\n".join(_conditions(record)),
        "types_aides": TYPES[revision.kind],
        "url_source": record["url"] or "",
        "date_mise_a_jour": written(revision.recorded_at),
        **native_columns(record),
        **machine_columns(record),
    }


def native_columns(record: SchemeRecord) -> Row:
    """Return the columns that say a part of a record whole: who reads them needs nothing else."""
    window = record["window"]
    operators = [
        {"nom": row["name"], "siren": row["siren"] or "", "roles": [ROLES[role] for role in row["roles"]]}
        for row in record["operators"]
    ]
    return {
        "porteurs": json.dumps(operators, ensure_ascii=False),
        "date_ouverture": _moment(window["opens_on"], time()),
        "date_cloture": _moment(window["closes_on"], time(23, 59, 59)),
    }


def machine_columns(record: SchemeRecord) -> Row:
    """Return the columns that a machine reads and that the rest of a record makes."""
    beneficiaries = [BENEFICIARIES[who] for who in ("firm", *record["applicants"])]
    return {
        "cibles": "|".join(dict.fromkeys(beneficiaries)),
        "programmes_parents": "|".join(_regimes(record)),
        "base_juridique": json.dumps(bases, ensure_ascii=False) if (bases := _legal_bases(record)) else "",
        **condition_columns(record),
    }


def wording_of_promise(summary: str) -> str:
    """Return a summary as the schema wants a promise: without a full stop."""
    return summary.removesuffix(".")


def written(moment: datetime) -> str:
    """Write a moment in UTC, to the second."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _moment(day: str | None, at: time) -> str:
    """Return a day of Paris as a moment: an opening at its first second, a closing at its last."""
    return written(datetime.combine(date.fromisoformat(day), at, tzinfo=PARIS)) if day else ""


def _description(revision: Revision, record: SchemeRecord, *, on: date) -> Iterator[str]:
    yield record["summary"] or ""
    if amount := revision_wording.amount(revision):
        yield f"Montant : {amount}."
    yield f"Ouverture : {revision_wording.deadline(revision, on=on)}."
    if record["next_step"]:
        yield f"Première démarche : {record['next_step']}"
    if record["documents"]:
        yield f"Pièces à fournir : {' ; '.join(record['documents'])}."
    contact: ContactRecord = record["contact"] or {}
    if told := list(filter(None, (contact.get("name"), contact.get("phone"), contact.get("url")))):
        yield f"Contact : {', '.join(told)}."


def _conditions(record: SchemeRecord) -> Iterator[str]:
    """Give each condition on a line of its own, as the schema asks."""
    for row in record["criteria"]:
        yield f"• {criteria.sentence(row)}"
    if not record["criteria"]:
        yield "Aucune condition n’est connue."


def _regimes(record: SchemeRecord) -> Iterable[str]:
    """Return the names of the State-aid regimes that a scheme pays under, once each."""
    regime = record["state_aid_regime"]
    found = (REGIMES.get(basis.name, "") for basis in (regimes_of(regime) if regime else None) or ())
    return dict.fromkeys(filter(None, found))


def _legal_bases(record: SchemeRecord) -> list[dict[str, str]]:
    """Return the texts that a record names, each with its address where it is known for certain."""
    found = [{"libelle": record["legal_basis"], "lien": ""}] if record["legal_basis"] else []
    regime = record["state_aid_regime"] or ""
    for basis in (regimes_of(regime) if regime else None) or ():
        name, link = _REGULATIONS.get(basis.name, ("", ""))
        if name and (basis.name != DE_MINIMIS or "2023/2831" in regime):
            found.append({"libelle": f"{name}, article {basis.article}" if basis.article else name, "lien": link})
    return found


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length else f"{text[: length - 1].rsplit(' ', 1)[0]}…"

"""A row of the national schema of schemes (etalab/schema-dispositif-aide, v0.2.0) as a record of the catalogue."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from stdnum.fr import siren as siren_number

from backend.schemes.catalogue.record_types import AmountRecord, CriterionRecord, WindowRecord
from backend.schemes.catalogue.regimes import regimes_of
from backend.schemes.ingestion.importers.cleaning import clean_line, clean_text, same_text
from backend.schemes.ingestion.importers.conditions import OTHERS, Conditions, SentenceReader
from backend.schemes.ingestion.importers.doubts import doubts_of, public_url
from backend.schemes.ingestion.importers.faults import RowError, get_text, refuse, show
from backend.schemes.ingestion.importers.fields import check_text, moments, said
from backend.schemes.ingestion.importers.gathering import MAX_NAME, Gathered
from backend.schemes.ingestion.importers.legal import Stated
from backend.schemes.ingestion.importers.lists import between_bars, objects_in
from backend.schemes.ingestion.importers.locating import Where
from backend.schemes.ingestion.importers.moments import NEVER
from backend.schemes.ingestion.importers.national_fields import NAF_BUT, PLACES, NationalFields
from backend.schemes.ingestion.importers.places import Places, spelling
from backend.schemes.ingestion.importers.reading import Read
from backend.schemes.ingestion.importers.sentences import SENTENCES, load_table
from backend.schemes.ingestion.importers.sidecar import SOURCE as SOURCE
from backend.schemes.ingestion.importers.sidecar import Sidecar
from backend.schemes.ingestion.importers.tables import Expected
from backend.schemes.ingestion.importers.windows import read_window
from backend.schemes.ingestion.importers.words import MIXED, load_words
from backend.schemes.models import OperatorRole

CORE = (
    "id", "titre", "promesse", "description", "eligibilite", "types_aides", "porteurs", "programmes_parents",
    "url_source", "cibles", "eligibilite_geographique", "eligibilite_geographique_exclusions", "date_ouverture",
    "date_cloture", "date_mise_a_jour",
)  # fmt: skip
PROFESSIONALS = (
    "base_juridique", "eligibilite_effectif_minimal", "eligibilite_effectif_maximal",
    "eligibilite_categorie_taille_entreprise", "eligibilite_annees_existence_minimal", "eligibilite_forme_juridique",
    "eligibilite_forme_juridique_exclusions", "ciblage_secteur_activite", "ciblage_naf", "ciblage_naf_exclusions",
    "chainage_paiement",
)  # fmt: skip
NEEDED = {"id", "titre", "description", "types_aides", "porteurs", "cibles", PLACES}
TABLE = Expected(
    is_header=lambda names: set(names) >= NEEDED,
    told="au moins " + ", ".join(name for name in CORE if name in NEEDED),
    known=lambda name: name in CORE or name in PROFESSIONALS,
)
LIMITS = {"promesse": 180, "description": 5000}  # characters of the schema
NATURE = "nature:"  # before the type of aid that a scheme is filed under
_KEY = re.compile(r"[\w.:-]{1,120}")
_BULLET = re.compile(r"[-*•‣·–▪]\s+")
_REGIME = re.compile(r"minimis|r[ée]gime|\brgec\b|\bSA\.?\s?\d{4,}", re.IGNORECASE)
_EXPECTED_OPERATORS = "une liste d’objets JSON qui ont un nom, un siren et des rôles"
_EXPECTED_BASES = "une liste d’objets JSON qui ont un libelle et un lien"


@dataclass(slots=True)
class Said:
    """What the free texts of a row say, apart from its conditions."""

    summary: str
    amount: AmountRecord = field(default_factory=AmountRecord)
    next_step: str = ""
    contact_url: str = ""
    page: str = ""
    notes: list[str] = field(default_factory=list)


class Reader:
    """Reads rows one at a time, of the core schema or of its extension for professionals."""

    source = SOURCE
    prefix = "sn"  # of the names of conditions that are left to people

    def __init__(self, sidecar: Sidecar | None = None) -> None:
        self.sidecar = sidecar
        self.words = load_words(SOURCE)
        self.table = load_table(SENTENCES)
        self.places = Places.load(self.table.words["places"])
        self.fields = NationalFields(self.words, self.prefix)
        self.headings = frozenset(map(same_text, self.words["headings"]))
        self.kinds = {spelling(name): kind for name, kind in self.words["kinds"].items()}

    def key(self, given: dict[str, Any]) -> str:
        """Return the identifier of a scheme: a UUID, or what its owner calls it."""
        text = get_text(given, "id").strip()
        if not _KEY.fullmatch(text):
            raise refuse("id", given.get("id"), "un UUID, ou des lettres, chiffres et tirets, 120 au plus")
        return text

    def read(self, given: dict[str, Any], *, on: date) -> Read:
        """Return a row as a record. Raises ``RowError`` where it is not for firms, or a part cannot be read."""
        key = self.key(given)
        if self.sidecar and self.sidecar.completes(given):
            return Read(self.sidecar.record(given))
        others = self.check_audience(given)
        told: list[str] = []
        nuances = [
            f"« {name} » de plus de {limit} caractères, gardé entier"
            for name, limit in LIMITS.items()
            if len(get_text(given, name)) > limit
        ]
        where = self.where(given, key)
        operators, sirens = self._operators(given, told)
        texts = self.texts(given, told)
        url = public_url(get_text(given, "url_source"), told)
        check_text(texts.summary, url)
        stated = self.conditions(given, key)
        found = Conditions(contradictions=told, nuances=nuances)
        sentences = SentenceReader(key, _as_stated(stated, where.codes), self.places, self.table, found, self.prefix)
        targeted = [*self.fields.targeted(given, told)]
        self.read_conditions(given, sentences, targeted)
        bases = self._bases(given)
        programmes = between_bars(clean_line(get_text(given, "programmes_parents")))
        told += doubts_of(url=url, texts=texts.summary)
        gathered = Gathered(
            key=key,
            name=get_text(given, "titre", needed=True),
            source_title=f"{self.words['site'].capitalize()}, fiche {key}",
            window=self.window(given, told),
            where=where,
            summary=texts.summary,
            kind=self._kind(given, nuances),
            operators=operators,
            sirens=sirens,
            stated=stated,
            conditions=found.rows,
            targeted_naf=list(dict.fromkeys(targeted)),
            amount=texts.amount,
            state_aid_regime="\n".join(
                [*found.de_minimis, *(text for text in (*programmes, *bases) if _names_a_regime(text))]
            ),
            legal_basis="\n".join(bases),
            next_step=texts.next_step,
            contact_url=texts.contact_url,
            url=url or texts.page,
            notes=[
                said("Programmes parents", programmes),
                said("Ouvert aussi à", others),
                said("Secteurs cités", between_bars(get_text(given, "ciblage_secteur_activite"))),
                said("Activités que le dispositif ne vise pas", between_bars(get_text(given, NAF_BUT))),
                said("Demande de paiement du dispositif", get_text(given, "chainage_paiement")),
                *texts.notes,
            ],
            told=told,
            nuances=nuances,
            labels=[f"{NATURE}{name}" for name in map(clean_line, between_bars(get_text(given, "types_aides")))],
        )
        return gathered.read(on=self._as_of(given, on))

    # -- what a dialect may read otherwise

    def texts(self, given: dict[str, Any], told: list[str]) -> Said:
        """Return what the free texts say, apart from the conditions."""
        promise, description = (clean_text(get_text(given, name)) for name in LIMITS)
        return Said("\n\n".join(filter(None, (promise, description))))

    def read_conditions(self, given: dict[str, Any], sentences: SentenceReader, targeted: list[str]) -> None:
        """Read the conditions of the free text: one bullet, one condition."""
        for text in self.passages(clean_text(get_text(given, "eligibilite"))):
            sentences.read(text, heading=OTHERS)

    def passages(self, text: str) -> Iterator[str]:
        """Cut a list into its conditions: what opens another list keeps it, a heading stands for nothing."""
        found: list[list[str]] = []
        is_open = in_bullet = False
        for line in text.split("\n"):
            body = _BULLET.sub("", line, count=1).strip()
            is_bullet = bool(_BULLET.match(line))
            if not body:
                in_bullet = False
            elif same_text(body) in self.headings:
                is_open = in_bullet = False
            elif found and (is_open or (in_bullet and not is_bullet) or same_text(body).startswith("ou ")):
                found[-1].append(body)
            else:
                found.append([body])
                is_open, in_bullet = body.endswith(":"), is_bullet
        return ("\n".join(lines) for lines in found)

    def where(self, given: dict[str, Any], key: str) -> Where:
        """Return where a scheme holds. Raises ``RowError`` at a place that we do not know."""
        return self.fields.where(given)

    def conditions(self, given: dict[str, Any], key: str) -> list[CriterionRecord]:
        """Return the conditions that stand in columns of their own."""
        return self.fields.conditions(given, key)

    def check_audience(self, given: dict[str, Any]) -> list[str]:
        """Return whom else a scheme is for. Raises ``RowError`` where it is not for firms."""
        audiences = between_bars(get_text(given, "cibles"))
        firms = self.words["audience"]
        if firms not in map(spelling, audiences):
            raise RowError(
                f"Pas pour les entreprises : « cibles » vaut {show(get_text(given, 'cibles'))} ; attendu : "
                f"« {firms} » parmi elles."
            )
        return [name for name in audiences if spelling(name) != firms]

    def window(self, given: dict[str, Any], told: list[str]) -> WindowRecord:
        """Return when a scheme takes applications. Raises ``RowError`` where a day cannot be read."""
        closes = moments(given, "date_cloture")
        is_permanent = bool(closes) and all(_is_never(moment.day) for moment in closes)
        return read_window(
            opens=moments(given, "date_ouverture"),
            closes=closes,
            recurrence="permanent" if is_permanent else "",
            told=told,
        )

    # -- columns

    def _kind(self, given: dict[str, Any], nuances: list[str]) -> str:
        names = between_bars(clean_line(get_text(given, "types_aides")))
        unknown = [name for name in names if spelling(name) not in self.kinds]
        nuances += [f"Type d’aide inconnu : « {name} »" for name in unknown]
        forms = {self.kinds[spelling(name)] for name in names if name not in unknown}
        if len(forms) > 1:
            return MIXED
        return "" if unknown or not forms else forms.pop()

    def _operators(self, given: dict[str, Any], told: list[str]) -> tuple[list[tuple[str, list[str]]], dict[str, str]]:
        found: dict[str, list[str]] = {}
        sirens: dict[str, str] = {}
        for one in objects_in(get_text(given, "porteurs"), place="porteurs", expected=_EXPECTED_OPERATORS):
            name = clean_line(get_text(one, "nom", needed=True))
            if not 0 < len(name) <= MAX_NAME:
                raise refuse("porteurs", name, f"un nom de {MAX_NAME} caractères au plus")
            roles = [self._role(role, name, told) for role in _roles(one)]
            found.setdefault(name, []).extend(filter(None, roles))
            siren = str(one.get("siren") or "").strip().replace(" ", "")
            if siren_number.is_valid(siren):
                sirens[name] = siren
            elif siren:
                told.append(f"Le SIREN de « {name} », {show(siren)}, n’existe pas : il n’est pas repris.")
        whom_to_ask = [OperatorRole.Role.DISTRIBUTOR.value]
        return [(name, list(dict.fromkeys(roles)) or whom_to_ask) for name, roles in found.items()], sirens

    def _role(self, raw: Any, operator: str, told: list[str]) -> str:
        role = self.words["roles"].get(spelling(str(raw)), "")
        if not role:
            told.append(f"« {operator} » a un rôle inconnu, {show(raw)}.")
        return str(role)

    def _bases(self, given: dict[str, Any]) -> list[str]:
        rows = objects_in(get_text(given, "base_juridique"), place="base_juridique", expected=_EXPECTED_BASES)
        pairs = [(clean_line(get_text(row, "libelle")), public_url(get_text(row, "lien"), [])) for row in rows]
        return [f"{label} ({url})" if label and url else label or url for label, url in pairs]

    def _as_of(self, given: dict[str, Any], on: date) -> date:
        """Return the day on which the site read a row last, which is never after that of its file."""
        updated = moments(given, "date_mise_a_jour")
        return min(updated[0].day, on) if updated else on


def _as_stated(rows: list[CriterionRecord], codes: list[str]) -> Stated:
    """Return what the columns say of what sentences may say as well."""
    staff: Mapping[str, Any] = next((row for row in rows if row["kind"] == "headcount"), {})
    admits_all = not any(row["kind"] == "micro_entrepreneur" and row["expected"] is False for row in rows)
    return Stated(
        staff={name: staff[name] for name in ("at_least", "at_most") if name in staff},
        micro_entrepreneur=None if admits_all else False,
        territories=codes,
    )


def _is_never(day: date) -> bool:
    return day.year >= NEVER


def _roles(operator: dict[str, Any]) -> list[Any]:
    roles = operator.get("roles") or []
    return roles if isinstance(roles, list) else [roles]


def _names_a_regime(text: str) -> bool:
    return bool(_REGIME.search(text)) or regimes_of(text) is not None

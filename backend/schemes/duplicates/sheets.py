"""What tells whether two sheets are of one scheme: who runs it, its title, its page, where, and what it says."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit

from backend.common.text import fold
from backend.schemes.links.examining import is_home
from backend.schemes.models import Scheme
from backend.territories.models import Containment, Perimeter

_WORD = re.compile(r"[a-z0-9]+")
_YEAR = re.compile(r"\b20[1-4]\d\b")
_ACRONYM = re.compile(r"\(([A-Z][A-Za-z]{1,9})\)")
# Words that titles of any scheme hold: they tell no two apart.
_NOISE = frozenset(_WORD.findall("""
    a aide aider aides accompagner ameliorer ami aap appel appels au aux avec beneficier candidature candidatures d
    dans de des developper dispositif dispositifs du edition en entreprise entreprises et financer interet l la le les
    manifestation millesime ou par pme pour programme projet projets regional regionale regionaux session soutenir
    soutien subventionner sur tpe un une votre vos
"""))  # fmt: skip
# What a title says is paid: a study is not the works that it prepares.
_STUDY = frozenset(_WORD.findall("""
    amo audit audits diag diagnostic diagnostics etude etudes faisabilite opportunite visite
"""))  # fmt: skip
_WORKS = frozenset(_WORD.findall("""
    construction equipements installation installations investir investissement investissements
"""))  # fmt: skip
# What an address carries to follow its reader.
_FOLLOWS = re.compile(r"^(utm_.*|mtm_.*|at_.*|xtor|gclid|fbclid|mc_[ce]id)$")
# Words before or after what an operator is called.
_OPERATOR_NOISE = frozenset(_WORD.findall("""
    conseil collectivite d de des departement departemental du et france groupe l la le les region regional regionale
    siege
"""))  # fmt: skip
_WHOLE = (Perimeter.Kind.COMMUNE, Perimeter.Kind.EPCI, Perimeter.Kind.DEPARTMENT, Perimeter.Kind.REGION)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """A revision in force, as it is compared with those of other sources.

    ``departments`` is where it holds, as far as its rules say so; ``None`` where they say nothing that we can place.
    """

    pk: int
    key: str
    source: str
    name: str
    title: str
    years: frozenset[str]
    kind: str
    stages: frozenset[str]
    page: str
    operators: frozenset[str]
    operator_names: tuple[str, ...]
    departments: frozenset[str] | None
    text: str
    parent: str


def sheets_in_force() -> list[Sheet]:
    """Return every scheme that has a revision in force and was not archived, in the order of their keys."""
    rows = (
        Scheme.objects.described()
        .exclude(state=Scheme.State.ARCHIVED)
        .select_related("current")
        .prefetch_related("current__criteria", "current__roles__operator")
        .order_by("source", "source_key")
    )
    held = _departments_by_perimeter()
    return [_sheet(scheme, held) for scheme in rows.iterator(chunk_size=500)]


def _sheet(scheme: Scheme, held: Mapping[str, frozenset[str]]) -> Sheet:
    current = scheme.current
    if current is None:
        raise ValueError(f"{scheme.key} has no revision in force")
    operators = [role.operator for role in current.roles.all()]
    return Sheet(
        pk=scheme.pk,
        key=scheme.key,
        source=scheme.source,
        name=current.name,
        title=title_of(current.name),
        years=years_of(current.name),
        kind=current.kind,
        stages=stages_of(current.name),
        page=page_of(current.url),
        operators=frozenset(sign for each in operators for sign in operator_signs(each.name, each.siren)),
        operator_names=tuple(dict.fromkeys(each.name for each in operators)),
        departments=_where((row.definition for row in current.criteria.all()), held),
        text=f"{current.name} {current.summary}",
        parent=f"{scheme.source}:{current.variant_of}" if current.variant_of else "",
    )


def title_of(name: str) -> str:
    """Return the words of a title that tell it apart, without accents, years or words that every title holds.

    >>> title_of("Appel à projets 2026 – Économie d’eau dans l’industrie")
    'economie eau industrie'
    """
    words = _WORD.findall(_YEAR.sub(" ", fold(name)))
    return " ".join([word for word in words if word not in _NOISE] or words)


def years_of(name: str) -> frozenset[str]:
    """Return the years that a title names."""
    return frozenset(_YEAR.findall(name))


def stages_of(name: str) -> frozenset[str]:
    """Return which stages of a project a title names: its study, its works, both or none.

    >>> sorted(stages_of("Étude « Chaufferie biomasse »")), sorted(stages_of("Études préalables aux investissements"))
    (['étude'], ['investissement', 'étude'])
    """
    words = set(_WORD.findall(fold(name)))
    return frozenset(stage for stage, told in (("étude", _STUDY), ("investissement", _WORKS)) if words & told)


def page_of(url: str) -> str:
    """Return the host and path of a page, spelt in one way and without what follows a reader; nothing of a home page.

    >>> page_of("https://www.ademe.fr/Aides/Decarboner/?utm_source=lettre")
    'ademe.fr/aides/decarboner'
    >>> page_of("https://www.ademe.fr/")
    ''
    """
    if not url or is_home(url):
        return ""
    parts = urlsplit(url)
    asked = urlencode(sorted(pair for pair in parse_qsl(parts.query) if not _FOLLOWS.match(pair[0])))
    page = f"{(parts.hostname or '').removeprefix('www.')}{unquote(parts.path).rstrip('/')}"
    return f"{page}?{asked}".removesuffix("?").casefold()


def operator_signs(name: str, siren: str) -> frozenset[str]:
    """Return what an operator may be recognised by: its SIREN, its name without noise, its acronym.

    >>> sorted(operator_signs("Conseil régional d’Occitanie", ""))
    ['occitanie']
    >>> sorted(operator_signs("Ademe — Direction régionale — Occitanie", ""))
    ['ademe']
    >>> sorted(operator_signs("Association pour le droit à l’initiative économique (Adie)", "352216873"))
    ['352216873', 'adie', 'association pour droit a initiative economique']
    """
    head = name.split(" — ")[0]
    acronyms = {fold(found) for found in _ACRONYM.findall(head)}
    words = _WORD.findall(fold(_ACRONYM.sub(" ", head)))
    plain = " ".join([word for word in words if word not in _OPERATOR_NOISE] or words)
    return frozenset({*acronyms, plain, siren} - {""})


def _where(definitions: Iterable[Mapping[str, Any]], held: Mapping[str, frozenset[str]]) -> frozenset[str] | None:
    """Return the departments where all the rules of places can hold; those inside a choice are left out."""
    found: frozenset[str] | None = None
    for definition in definitions:
        parts = [held.get(code) for code in definition.get("any_of", ())]
        if definition.get("kind") == "in_territory" and parts and None not in parts:
            places = frozenset[str]().union(*(part for part in parts if part is not None))
            found = places if found is None else found & places
    return found


def _departments_by_perimeter() -> dict[str, frozenset[str]]:
    """Return the departments that each perimeter touches, of those whose communes are all known."""
    held: dict[str, set[str]] = defaultdict(set)
    above: dict[str, set[str]] = defaultdict(set)
    links = Containment.objects.filter(holds=True, outer__kind__in=_WHOLE).values_list("inner__code", "outer__code")
    for inner, outer in links.iterator(chunk_size=5000):
        above[inner].add(outer)
    for inner, outers in above.items():
        departments = {inner} if inner.startswith("DEP-") else {code for code in outers if code.startswith("DEP-")}
        for code in (inner, *outers):
            held[code] |= departments
    return {code: frozenset(departments) for code, departments in held.items() if departments}

"""What two sheets are compared by: the words, the address and the figures of each, spelt in one way."""

import re
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit

from backend.common.text import fold
from backend.schemes.ingestion.links.examining import is_home

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
    amo assistance audit audits diag diagnostic diagnostics etude etudes faisabilite opportunite schema test tests
    visite
"""))  # fmt: skip
_WORKS = frozenset(_WORD.findall("""
    construction equipement equipements installation installations investir investissement investissements realisation
"""))  # fmt: skip
_PAYING = frozenset(_WORD.findall("financement prealable prealables realiser subvention subventions"))
_TELLS_NO_SUBJECT = _NOISE | _STUDY | _WORKS | _PAYING
# What an address carries to follow its reader.
_FOLLOWS = re.compile(r"^(utm_.*|mtm_.*|at_.*|xtor|gclid|fbclid|mc_[ce]id)$")
# Words before or after what an operator is called.
_OPERATOR_NOISE = frozenset(_WORD.findall("""
    conseil collectivite d de des departement departemental du et france groupe l la le les region regional regionale
    siege
"""))  # fmt: skip
_FIGURE = re.compile(r"(\d+(?:[   ]\d{3})*(?:[.,]\d+)?)[   ]?(%|k€|M€|€|euros?|millions?)")
_TIMES = {"k€": 1_000, "M€": 1_000_000, "million": 1_000_000, "millions": 1_000_000}
SPOKEN = 12  # letters from which the end of an address is words, and not a number
ROOT = 7  # letters of a word that count: what follows is its ending


def title_of(name: str) -> str:
    """Return the words of a title that tell it apart, without accents, years or words that every title holds.

    >>> title_of("Appel à projets 2026 – Économie d’eau dans l’industrie")
    'economie eau industrie'
    """
    words = _WORD.findall(_YEAR.sub(" ", fold(name)))
    return " ".join([word for word in words if word not in _NOISE] or words)


def subject_of(text: str) -> frozenset[str]:
    """Return the roots of the words that say what is paid for, without the stage of the project.

    >>> sorted(subject_of("Financer les études de réseaux de chaleur"))
    ['chaleur', 'reseau']
    """
    words = _WORD.findall(_YEAR.sub(" ", fold(text)))
    return frozenset(_root(word) for word in words if len(word) > 1 and word not in _TELLS_NO_SUBJECT)


def _root(word: str) -> str:
    return word.removesuffix("s").removesuffix("x")[:ROOT]


def stage_of(name: str, address: str) -> str:
    """Return which stage of a project is paid: its study or its works, by the title, else by the address; or nothing.

    >>> stage_of("Étude « Chaufferie biomasse »", ""), stage_of("Études préalables aux investissements", "")
    ('study', 'study')
    >>> stage_of("Chaleur fatale", "realisation installations recuperation chaleur fatale")
    'works'
    """
    for text in (name, address):
        words = set(_WORD.findall(fold(text)))
        if words & _STUDY:
            return "study"
        if words & _WORKS:
            return "works"
    return ""


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


def words_of_page(url: str) -> str:
    """Return the words at the end of an address, where sites write a title; nothing where they write a number.

    >>> words_of_page("https://ademe.fr/aides/financement-dune-etude-de-chaleur-fatale")
    'financement dune etude de chaleur fatale'
    >>> words_of_page("https://ademe.fr/aides/1045")
    ''
    """
    end = unquote(urlsplit(url).path).rstrip("/").rpartition("/")[2]
    return " ".join(_WORD.findall(fold(end))) if len(end) > SPOKEN else ""


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


def figures_of(text: str) -> frozenset[str]:
    """Return the rates and the sums that a sentence gives, each spelt in one way.

    >>> sorted(figures_of("Jusqu’à 70 % du coût, de 1,5 M€ à 3 000 000 €"))
    ['1500000', '3000000', '70%']
    """
    found = set()
    for number, unit in _FIGURE.findall(text):
        value = float(re.sub(r"\s", "", number).replace(",", "."))
        found.add(f"{value:g}%" if unit == "%" else f"{value * _TIMES.get(unit, 1):.0f}")
    return frozenset(found)

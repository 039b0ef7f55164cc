"""What is known of a firm, in words: the names of facts, their values and where each comes from."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from functools import cached_property
from typing import Any

from django.utils.translation import gettext_lazy as _

from backend.companies.models import Fact
from backend.facts.yes_no import YES_NO
from backend.matchmaking import engine
from backend.matchmaking.models import Match
from backend.matchmaking.standing import WINDOW
from backend.schemes import typography
from backend.schemes.catalogue import wording
from backend.schemes.catalogue.criteria import KINDS
from backend.schemes.catalogue.revision_cache import read_revisions
from backend.schemes.models import Revision, Scheme
from backend.schemes.typography import NBSP
from backend.schemes.vocabulary import HOLDERS, HORIZONS, SPEND_KINDS, TENURES

FACT_NAMES = {
    "commune": _("la commune"),
    "naf": _("l’activité (code NAF)"),
    "naf_2025": _("l’activité (code NAF 2025)"),
    "headcount": _("l’effectif"),
    "turnover": _("le chiffre d’affaires"),
    "balance_sheet": _("le total du bilan"),
    "created_on": _("la date de création"),
    "legal_category": _("la forme juridique"),
    **{name: fact.missing for name, fact in YES_NO.items()},
    "group": _("si l’entreprise est indépendante ou fait partie d’un groupe"),
    "previous_years": _("les chiffres des exercices précédents"),
    "schemes": _("les dispositifs déjà obtenus"),
    "project.started": _("si le projet est commencé"),
    "project.spend": _("le coût du projet"),
    "project.spend_kinds": _("ce que comprend le projet"),
    "project.tenure": _("si les locaux sont loués"),
    "project.horizon": _("pour quand est le projet"),
    "window": _("les dates d’ouverture (à demander au porteur)"),
}
# What an officer sees of the firm, in this order.
FACT_LABELS = (
    ("commune", _("Commune")),
    ("project.commune", _("Commune du projet")),
    ("naf", _("Activité")),
    ("naf_2025", _("Activité (NAF 2025)")),
    ("legal_category", _("Forme juridique")),
    ("micro_entrepreneur", YES_NO["micro_entrepreneur"].label),
    ("created_on", _("Création")),
    ("headcount", _("Effectif")),
    ("turnover", _("Chiffre d’affaires")),
    ("balance_sheet", _("Bilan")),
    ("group", _("Groupe")),
    ("previous_years", _("Exercices précédents")),
    ("insee_category", _("Catégorie de l’INSEE")),
    *((name, fact.label) for name, fact in YES_NO.items() if fact.question),
    ("schemes", _("Dispositifs déjà obtenus")),
    ("project.started", _("Projet")),
    ("project.spend", _("Coût du projet")),
    ("project.spend_kinds", _("Le projet comprend")),
    ("project.tenure", _("Locaux")),
    ("project.horizon", _("Pour quand")),
)
FIGURES = ("headcount", "turnover", "balance_sheet")
SIZE_FACTS = (*FIGURES, "group", "previous_years")
ZONE_LIST = _("la liste officielle des communes concernées, que nous n’avons pas encore")
MONEY = ("turnover", "balance_sheet")  # one of them is enough (Recommendation 2003/361/EC, Annex, Article 2)
SHORT_SIZE_NAMES = {
    "headcount": _("effectif"),
    "turnover": _("chiffre d’affaires"),
    "balance_sheet": _("total du bilan"),
    "group": _("groupe"),
    "previous_years": _("exercices précédents"),
}


def missing_facts(match: Match, known: engine.Facts, *, presumes: bool = True) -> tuple[str, ...]:
    """Name in words the facts that leave a scheme undecided, those of a firm's size together.

    What is presumed of the firm is told apart, as the dates are, but where only what was said may count. Where its
    commune is known, it is no commune that is missing but the list of a zone.
    """
    presumed = (match.presumed or ()) if presumes else ()
    facts = [fact for fact in match.unknown if fact != WINDOW and fact not in presumed]
    of_size = [fact for fact in SIZE_FACTS if fact in facts]
    names = {**FACT_NAMES, **({"commune": ZONE_LIST} if known.get("commune") else {})}
    if len(of_size) < 2:
        return tuple(str(names.get(fact, fact)) for fact in facts)
    return (_size_missing(of_size), *(str(names.get(fact, fact)) for fact in facts if fact not in of_size))


def _size_missing(of_size: Sequence[str]) -> str:
    """Name the facts of a firm's size that are missing, and no other; of turnover and balance sheet, one will do."""
    if tuple(of_size) == MONEY:
        return f"{FACT_NAMES['turnover']} ou {FACT_NAMES['balance_sheet']}"
    names = {fact: str(SHORT_SIZE_NAMES[fact]) for fact in of_size}
    if names.keys() >= set(MONEY):
        names["turnover"] += f" ou {names.pop('balance_sheet')}"
    return _("la taille exacte (%(names)s)") % {"names": ", ".join(names.values())}


class Known:
    """The firm's values in words, each with where it comes from."""

    def __init__(
        self,
        facts: engine.Facts,
        rows: Mapping[str, Fact],
        submission_id: int | None = None,
        sources: Mapping[int, str] | None = None,
    ) -> None:
        held = {f"{Fact.SCHEME}{key}": value for key, value in engine.held_schemes(facts).items()}
        self.facts = {**facts, **held}
        self.submission_id = submission_id
        self._rows, self._sources = rows, sources or {}  # by fact; by sheet of another file, what to say of it
        self._in_words: dict[str, tuple[str, str]] = {}

    @cached_property
    def held_sheets(self) -> dict[str, Revision]:
        """Return the sheets in force of the schemes that the firm has, by key."""
        held = {key for key, has in engine.held_schemes(self.facts).items() if has}
        if not held:
            return {}
        keys = {key.partition(":")[2] for key in held}
        schemes = Scheme.objects.described().filter(source_key__in=keys)
        found = read_revisions(list(schemes.values_list("current", flat=True)))
        return {revision.scheme.key: revision for revision in found.values() if revision.scheme.key in held}

    def values_for(self, definition: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
        """Return what the firm said of what a criterion reads: pairs of a value and its origin."""
        return tuple(self._told(name) for name in self._names_for(definition) if says(self.facts.get(name)))

    def _told(self, name: str) -> tuple[str, str]:
        """Return a value and its origin, written once: many criteria read the same fact."""
        if name not in self._in_words:
            self._in_words[name] = self.value(name), self.origin(name)
        return self._in_words[name]

    def _names_for(self, definition: Mapping[str, Any]) -> tuple[str, ...]:
        kind = definition["kind"]
        if kind == "manual":
            return (f"{Fact.ANSWER}{definition['fact']}",)
        if kind == "in_territory" and definition.get("level") == "project" and self.facts.get("project.commune"):
            return ("project.commune",)
        if kind == "activity" and definition.get("nomenclature") == "naf_2025":
            return ("naf_2025",)
        if kind == "size_category":
            return SIZE_FACTS
        if kind == "holds_scheme":
            keys = (*definition.get("any_of", ()), *definition.get("none_of", ()))
            return tuple(f"{Fact.SCHEME}{key}" for key in keys)
        fact = KINDS[kind].fact
        if definition.get("level") == "group":
            return (fact, "group")
        return (fact,) if fact else ()

    def value(self, name: str) -> str:
        return value_text(name, self.facts[name])

    def origin(self, name: str) -> str:
        row = self._rows.get(name)
        if row is None:
            return ""
        origin = f"{row.get_origin_display()}, le {typography.day(row.recorded_on)}"
        source = self._sources.get(row.sheet_id)
        return f"{origin}, {source}" if source else origin


def says(value: Any) -> bool:
    """Tell whether a fact says anything: an interval open on both sides does not."""
    return value is not None and value not in ([None, None], (None, None))


def values_in_words(facts: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return what is known of a firm and its project as pairs of a label and a value."""
    known = dict(facts)
    if held := engine.held_schemes(facts):
        known["schemes"] = held
    return [(str(label), beside_label(name, known[name])) for name, label in FACT_LABELS if says(known.get(name))]


def value_text(name: str, value: Any) -> str:
    """Write the value of a fact as a person would say it."""
    if name in _WRITERS:
        return str(_WRITERS[name](value))
    if name.startswith(Fact.SCHEME):
        return f"{wording.scheme_name(name.removeprefix(Fact.SCHEME))}{NBSP}: {'obtenu' if value else 'pas obtenu'}"
    if isinstance(value, bool):
        return "oui" if value else "non"
    return str(value)


def beside_label(name: str, value: Any) -> str:
    """Write the value of a fact beside what it is called, which it need not say again."""
    return str(_BARE[name](value)) if name in _BARE else value_text(name, value)


def _commune(code: str) -> str:
    return wording.perimeter_name(f"COM-{code}")


def _euros(what: str) -> Callable[[Any], str]:
    return lambda value: f"{what} {_interval(value, typography.euros)}"


def _yes_no(yes: Any, no: Any) -> Callable[[bool], str]:
    return lambda value: str(yes if value else no)


def _figures(known: Mapping[str, Any]) -> str:
    """Write the figures of an enterprise over a year, those that are known."""
    return ", ".join(value_text(name, known[name]) for name in FIGURES if says(known.get(name)))


def _related(known: Mapping[str, Any]) -> str:
    """Write another enterprise of the group: how it is tied, then its figures."""
    what = known.get("name") or str(HOLDERS["company"])
    tie = f"{typography.number(known['share'])}{NBSP}%{', contrôle' if known.get('control') else ''}"
    holder = known.get("holder", "company")
    kind = "" if holder == "company" else f", {HOLDERS[holder]}"
    return f"{what} ({tie}{kind}){NBSP}: {_figures(known) or 'chiffres inconnus'}"


def _group(value: Sequence[Mapping[str, Any]]) -> str:
    return " ; ".join(map(_related, value)) or "entreprise indépendante"


def _years(value: Sequence[Mapping[str, Any]]) -> str:
    years = (f"exercice N-{ago}{NBSP}: {_figures(year) or 'inconnu'}" for ago, year in enumerate(value, 1))
    return " ; ".join(years) or "aucun exercice précédent indiqué"


def insee_category(value: Mapping[str, Any]) -> str:
    """Write the category of the statistical office, with its year."""
    return f"{value['category']}{NBSP}({value['year'] or 'année inconnue'})"


def _schemes(value: Mapping[str, bool]) -> str:
    return " ; ".join(value_text(f"{Fact.SCHEME}{key}", has) for key, has in value.items())


def _interval(value: Any, write: Any) -> str:
    low, high = value if isinstance(value, list | tuple) else (value, value)
    if low == high and low is not None:
        return str(write(low))
    if low is None:
        return f"{write(high)} au plus"
    if high is None:
        return f"{write(low)} ou plus"
    return wording.between(low, high, write)


_BARE: dict[str, Callable[[Any], Any]] = {
    **{
        name: lambda value: _interval(value, typography.euros)
        for name in ("turnover", "balance_sheet", "project.spend")
    },
    "naf_2025": wording.activity_2025_name,
    "micro_entrepreneur": _yes_no("micro-entrepreneur", "autre que micro-entrepreneur"),
    "project.started": _yes_no("déjà commencé", "pas commencé"),
    "created_on": lambda text: typography.day(date.fromisoformat(text)),
}
_WRITERS: dict[str, Callable[[Any], Any]] = {
    "commune": _commune,
    "project.commune": _commune,
    "naf": wording.activity_name,
    "naf_2025": lambda code: f"NAF 2025{NBSP}: {code}",
    "legal_category": wording.legal_name,
    "created_on": lambda text: f"créée le {typography.day(date.fromisoformat(text))}",
    "headcount": lambda value: _interval(value, typography.staff),
    "turnover": _euros("chiffre d’affaires"),
    "balance_sheet": _euros("bilan"),
    "group": _group,
    "previous_years": _years,
    "insee_category": insee_category,
    **{name: _yes_no(*fact.values) for name, fact in YES_NO.items()},
    "schemes": _schemes,
    "project.started": _yes_no("projet déjà commencé", "projet pas commencé"),
    "project.spend": _euros("projet"),
    "project.spend_kinds": lambda kinds: ", ".join(str(SPEND_KINDS[kind]) for kind in kinds) or "rien de la liste",
    "project.tenure": TENURES.__getitem__,
    "project.horizon": HORIZONS.__getitem__,
}

"""Codes that criteria name and that must exist: a misprint would be a rule that nobody meets, without a word."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from backend.schemes.models import Scheme, place_in_words
from backend.schemes.vocabulary import HORIZONS, SPEND_KINDS
from backend.territories.models import Nomenclature, Perimeter

N_TOLD = 5  # unknown codes of one criterion that an error repeats


@dataclass(frozen=True, slots=True)
class Named:
    """A code, what it is a code of, and where it stands in the criterion: ``of[1].any_of[0]``."""

    place: str
    what: str
    code: str

    def __str__(self) -> str:
        return f"{place_in_words(self.place)} : {self.what} « {self.code} »"


# Kind of a criterion → what its lists name. The NAF 2025 has no list here: the engine checks the shape of its codes.
WHAT = {
    "in_territory": "lieu inconnu",
    "activity": "code NAF inconnu",
    "legal_form": "catégorie juridique inconnue",
    "holds_scheme": "dispositif inconnu",
    "horizon": "échéance inconnue",
    "spend_kind": "dépense inconnue",
}


def unknown_codes(definition: Mapping[str, Any]) -> list[Named]:
    """Return the codes of a criterion, at any depth, that do not exist; the criterion is one that the engine reads."""
    return _unknown(_named(definition, ""))


def unknown_activities(codes: Iterable[str]) -> list[str]:
    """Return the codes that are not in the NAF rév. 2."""
    found = _unknown(Named("", WHAT["activity"], code) for code in codes)
    return [named.code for named in found]


def tell(unknown: list[Named]) -> str:
    """Say which codes do not exist and where they stand."""
    more = f" ; et {len(unknown) - N_TOLD} autres" if len(unknown) > N_TOLD else ""
    return " ; ".join(map(str, unknown[:N_TOLD])) + more


def _named(definition: Mapping[str, Any], place: str) -> Iterable[Named]:
    what = WHAT.get(definition["kind"])
    if what and definition.get("nomenclature") != "naf_2025":
        for name in ("any_of", "none_of"):
            for index, code in enumerate(definition.get(name) or ()):
                yield Named(f"{place}{name}[{index}]", what, code)
    parts = definition.get("of", [])
    if isinstance(parts, list):
        for index, part in enumerate(parts):
            yield from _named(part, f"{place}of[{index}].")
    else:
        yield from _named(parts, f"{place}of.")


def _unknown(named: Iterable[Named]) -> list[Named]:
    by_what: defaultdict[str, list[Named]] = defaultdict(list)
    for one in named:
        by_what[one.what].append(one)
    found = {what: _KNOWN[what]({one.code for one in ones}) for what, ones in by_what.items()}
    return [one for what, ones in by_what.items() for one in ones if one.code not in found[what]]


def _perimeters(codes: Collection[str]) -> Collection[str]:
    return set(Perimeter.objects.filter(code__in=codes).values_list("code", flat=True))


def _activities(codes: Collection[str]) -> Collection[str]:
    """Return those of the nomenclature, with or without the dot, whatever the case."""
    rows = Nomenclature.objects.filter(system=Nomenclature.System.NAF_REV2).values_list("code", flat=True)
    listed = {code.replace(".", "") for code in rows}
    return {code for code in codes if code.replace(".", "").strip().upper() in listed}


def _legal_categories(codes: Collection[str]) -> Collection[str]:
    rows = Nomenclature.objects.filter(system=Nomenclature.System.LEGAL_CATEGORY).values_list("code", flat=True)
    listed = {code[:length] for code in rows for length in range(1, len(code) + 1)}
    return listed & set(codes)


def _schemes(keys: Collection[str]) -> Collection[str]:
    pairs = [key.partition(":") for key in keys]
    rows = Scheme.objects.filter(source__in={pair[0] for pair in pairs}, source_key__in={pair[2] for pair in pairs})
    return {scheme.key for scheme in rows}


_KNOWN: dict[str, Callable[[Collection[str]], Collection[str]]] = {
    WHAT["in_territory"]: _perimeters,
    WHAT["activity"]: _activities,
    WHAT["legal_form"]: _legal_categories,
    WHAT["holds_scheme"]: _schemes,
    WHAT["horizon"]: lambda _: HORIZONS,
    WHAT["spend_kind"]: lambda _: SPEND_KINDS,
}

"""Codes that criteria name and that must exist: a misprint would be a rule that nobody meets, without a word."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from backend.schemes.models import Scheme, SubNeed, place_in_words
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
SUB_NEED = "sous-besoin inconnu"


# What was asked of the lists before: whether a code exists, by what it is a code of.
type Memory = dict[str, dict[str, bool]]
MANY = 100  # codes of one list asked for, from which the whole of it is read
ALL_READ = ""  # no code: marks a list that was read


def unknown_codes(definition: Mapping[str, Any], *, memory: Memory | None = None) -> list[Named]:
    """Return the codes of a criterion, at any depth, that do not exist; the criterion is one that the engine reads.

    With a ``memory``, kept while many are read, each code is asked for once.
    """
    return _unknown(_named(definition, ""), {} if memory is None else memory)


def unknown_activities(codes: Iterable[str], *, memory: Memory | None = None) -> list[str]:
    """Return the codes that are not in the NAF rév. 2."""
    named = (Named("", WHAT["activity"], code) for code in codes)
    return [one.code for one in _unknown(named, {} if memory is None else memory)]


def unknown_places(codes: Iterable[str], *, memory: Memory) -> list[str]:
    """Return the codes that are no perimeter of ours."""
    return [one.code for one in _unknown((Named("", WHAT["in_territory"], code) for code in codes), memory)]


def unknown_sub_needs(keys: Iterable[str], *, memory: Memory | None = None) -> list[str]:
    """Return the keys that are no sub-need of the taxonomy."""
    named = (Named("", SUB_NEED, key) for key in keys)
    return [one.code for one in _unknown(named, {} if memory is None else memory)]


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


def _unknown(named: Iterable[Named], memory: Memory) -> list[Named]:
    ones = list(named)
    asked: defaultdict[str, set[str]] = defaultdict(set)
    for one in ones:
        if one.code not in memory.setdefault(one.what, {}):
            asked[one.what].add(one.code)
    for what, codes in asked.items():
        _ask(what, codes, memory[what])
    return [one for one in ones if not memory[one.what][one.code]]


def _ask(what: str, codes: set[str], known: dict[str, bool]) -> None:
    """Ask whether codes exist; once many were asked for, of the whole list at once."""
    if len(known) > MANY and what in _LISTS and ALL_READ not in known:
        known |= {ALL_READ: False, **dict.fromkeys(_LISTS[what](), True)}
        codes = codes - known.keys()
    if codes:
        found = _KNOWN[what](codes)
        known.update((code, code in found) for code in codes)


def _perimeters(codes: Collection[str]) -> Collection[str]:
    return set(Perimeter.objects.filter(code__in=codes).values_list("code", flat=True))


def _activities(codes: Collection[str]) -> Collection[str]:
    """Return those of the nomenclature, with or without the dot, whatever the case."""
    written = {code: _dotted(code) for code in codes}
    rows = Nomenclature.objects.filter(system=Nomenclature.System.NAF_REV2, code__in=set(written.values()))
    listed = set(rows.values_list("code", flat=True))
    return {code for code, dotted in written.items() if dotted in listed}


def _dotted(code: str) -> str:
    """Return an activity code as the nomenclature writes it."""
    plain = code.replace(".", "").strip().upper()
    return f"{plain[:2]}.{plain[2:]}" if len(plain) > 2 else plain


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
    SUB_NEED: lambda keys: set(SubNeed.objects.filter(key__in=keys).values_list("key", flat=True)),
}
_LISTS: dict[str, Callable[[], Iterable[str]]] = {
    WHAT["in_territory"]: lambda: Perimeter.objects.values_list("code", flat=True),
    WHAT["activity"]: lambda: Nomenclature.objects.filter(system=Nomenclature.System.NAF_REV2).values_list(
        "code", flat=True
    ),
}

"""Codes of activities, so written that any level is a prefix of the levels below."""

from collections.abc import Collection, Iterable, Mapping
from functools import lru_cache
from typing import Literal

from matching.errors import FactError

type Nomenclature = Literal["naf_rev2", "naf_2025"]

# Last division of each section, in order. NAF rév. 2: décret no 2007-1888 du 26 décembre 2007. NAF 2025 has the
# sections and divisions of NACE Rev. 2.1: Commission Delegated Regulation (EU) 2023/137, Annex.
_LAST_DIVISION = {
    "naf_rev2": {
        "A": 3, "B": 9, "C": 33, "D": 35, "E": 39, "F": 43, "G": 47, "H": 53, "I": 56, "J": 63, "K": 66,
        "L": 68, "M": 75, "N": 82, "O": 84, "P": 85, "Q": 88, "R": 93, "S": 96, "T": 98, "U": 99,
    },
    "naf_2025": {
        "A": 3, "B": 9, "C": 33, "D": 35, "E": 39, "F": 43, "G": 47, "H": 53, "I": 56, "J": 60, "K": 63,
        "L": 66, "M": 68, "N": 75, "O": 82, "P": 84, "Q": 85, "R": 88, "S": 93, "T": 96, "U": 98, "V": 99,
    },
}  # fmt: skip
_NAMES = {"naf_rev2": "NAF rév. 2", "naf_2025": "NAF 2025"}


@lru_cache(maxsize=1 << 12)  # a nomenclature has some 1,700 codes
def activity_path(code: str, nomenclature: str = "naf_rev2") -> str:
    """Write an activity code with its section first.

    Parameters
    ----------
    code : str
        A section letter or a division, group, class or sub-class, with or without the dot.
    nomenclature : {'naf_rev2', 'naf_2025'}

    Raises
    ------
    FactError
        If the code has no such shape or its division is in no section.

    Examples
    --------
    >>> activity_path("25.62B"), activity_path("C"), activity_path("62.10Y", "naf_2025")
    ('C2562B', 'C', 'K6210Y')
    """
    last_division = _LAST_DIVISION[nomenclature]
    plain = code.replace(".", "").strip().upper()
    if plain in last_division:
        return plain
    digits, letter = (plain[:-1], plain[-1]) if len(plain) == 5 else (plain, "")
    if digits.isascii() and digits.isdigit() and 2 <= len(digits) <= 4 and letter.isalpha() == bool(letter):
        division = int(digits[:2])
        section = next((name for name, last in last_division.items() if division <= last), None)
        if section and division:
            return section + digits + letter
    name = _NAMES[nomenclature]
    raise FactError(f"{code!r} is no {name} code; a section letter or 2 to 4 digits and a letter are expected.")


WHOLE = 6  # characters of the path of a sub-class, which is what a firm has


class Correspondence:
    """Which sub-classes of the NAF rév. 2 correspond to which of the NAF 2025, and the other way round.

    Parameters
    ----------
    pairs : iterable of pair of str
        A code of the NAF rév. 2 and one of the NAF 2025, both of a sub-class.
    incomplete : mapping of str to collection of str
        By nomenclature, codes of which some correspondent is not in the pairs: nothing is derived for them.
    silent : collection of str
        Nomenclatures of which a code that nobody can read is in some pair: nothing is derived for any of their codes.

    Raises
    ------
    FactError
        A code that has not the shape of a sub-class.

    Examples
    --------
    >>> table = Correspondence([("25.62A", "25.53Y"), ("25.62B", "25.53Y")])
    >>> sorted(table.of("25.53Y", "naf_2025")), sorted(table.of("25.62A", "naf_rev2"))
    (['C2562A', 'C2562B'], ['C2553Y'])
    """

    def __init__(
        self,
        pairs: Iterable[tuple[str, str]] = (),
        *,
        incomplete: Mapping[str, Collection[str]] | None = None,
        silent: Collection[str] = (),
    ) -> None:
        self._found: dict[str, dict[str, set[str]]] = {"naf_rev2": {}, "naf_2025": {}}
        for rev2, new in pairs:
            one, other = sub_class_path(rev2, "naf_rev2"), sub_class_path(new, "naf_2025")
            self._found["naf_rev2"].setdefault(one, set()).add(other)
            self._found["naf_2025"].setdefault(other, set()).add(one)
        for nomenclature, codes in (incomplete or {}).items():
            for code in codes:
                self._found[nomenclature].pop(sub_class_path(code, nomenclature), None)
        for nomenclature in silent:
            self._found[nomenclature].clear()

    def of(self, code: str, nomenclature: str) -> frozenset[str]:
        """Return the paths, in the other nomenclature, of all that a code may be there.

        Empty where nothing is known: an empty or unknown code, or one above the sub-classes, of which a table of
        sub-classes may lack some.
        """
        path = activity_path(code, nomenclature) if code else ""
        return frozenset(self._found[nomenclature].get(path, ()))


def sub_class_path(code: str, nomenclature: str) -> str:
    """Return the path of a code, which must be of a sub-class: four digits and a letter."""
    path = activity_path(code, nomenclature)
    if len(path) != WHOLE:
        name = _NAMES[nomenclature]
        raise FactError(f"{code!r} is no sub-class of the {name}; four digits and a letter are expected.")
    return path

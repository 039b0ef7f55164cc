"""Codes of activities, so written that any level is a prefix of the levels below."""

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

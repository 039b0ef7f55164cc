"""Words of a sentence, folded so that accents, capitals and plurals do not matter."""

import re
import unicodedata
from collections.abc import Callable
from itertools import chain

_WORD = re.compile(r"[a-z0-9]+(?:[.][0-9]+)?")
_AS_WRITTEN = re.compile(r"[^\W_]+(?:[.][0-9]+)?")
MOST_KEPT = 50_000  # 25,000 texts are made of as many chunks: most come back
LONGEST_KEPT = 100  # letters
# Ends that French adds without changing what a word is about, longest first.
_ENDINGS = ("issements", "issement", "ements", "ement", "ations", "ation", "euses", "euse", "eurs", "eur", "ees", "ee",
            "ers", "er", "ez", "es", "e", "s", "x")  # fmt: skip
_BY_LETTER = {letter: tuple(one for one in _ENDINGS if one[-1] == letter) for letter in {one[-1] for one in _ENDINGS}}

# These make another noun: "recrutement" is about recruiting, "équipement" is not about a team.
_NOUN_ENDINGS = frozenset({"issements", "issement", "ements", "ement", "ations", "ation"})


class _Marks(dict[int, int | None]):
    """By code, the letter itself, or nothing for a mark that is set on one; each looked up once."""

    def __missing__(self, code: int) -> int | None:
        self[code] = None if unicodedata.combining(chr(code)) else code
        return self[code]


_MARKS = _Marks()


def fold(text: str) -> str:
    """Return the text in lower case without accents or ligatures.

    >>> fold("Chaudronnerie à Compiègne, main-d’œuvre")
    "chaudronnerie a compiegne, main-d'oeuvre"
    """
    if text.isascii():
        return text.lower()
    text = text.replace("’", "'").replace("œ", "oe").replace("Œ", "Oe")
    return unicodedata.normalize("NFKD", text.casefold()).translate(_MARKS)


def stem(word: str) -> str:
    """Return the word without its French ending; at least four letters stay, six where it makes another noun.

    >>> stem("soudeurs"), stem("souder"), stem("recrutement"), stem("equipe"), stem("equipement")
    ('soud', 'soud', 'recrut', 'equip', 'equipement')
    """
    for ending in _BY_LETTER.get(word[-1:], ()):
        if word.endswith(ending) and len(word) - len(ending) >= (6 if ending in _NOUN_ENDINGS else 4):
            return word.removesuffix(ending)
    return word


def tokens(text: str) -> list[str]:
    """Return the stems of the words of a text, in order.

    >>> tokens("Deux soudeuses, s'il vous plaît")
    ['deux', 'soud', 's', 'il', 'vous', 'plait']
    """
    return [*chain.from_iterable(map(_stems, text.split()))]


def words(text: str) -> list[tuple[str, str]]:
    """Return the words of a text as they are written, each with its stem, in order.

    >>> words("Deux soudeuses à Noyon")
    [('Deux', 'deux'), ('soudeuses', 'soud'), ('à', 'a'), ('Noyon', 'noyon')]
    """
    return [*chain.from_iterable(map(_words, text.split()))]


class _Kept[Found](dict[str, Found]):
    """What was found in each chunk of text, once it was looked for: in short ones, and not in very many."""

    def __init__(self, find: Callable[[str], Found]) -> None:
        self._find = find

    def __missing__(self, chunk: str) -> Found:
        found = self._find(chunk)
        if len(self) >= MOST_KEPT:
            self.clear()
        if len(chunk) <= LONGEST_KEPT:
            self[chunk] = found
        return found


def _read(chunk: str) -> tuple[tuple[str, str], ...]:
    """Return the words of what stands between white space: no word goes across it, nor does a normal form."""
    return tuple(
        (written, stem(word))
        for written in _AS_WRITTEN.findall(unicodedata.normalize("NFC", chunk))
        for word in _WORD.findall(fold(written))
    )


_words = _Kept(_read).__getitem__
_stems = _Kept(lambda chunk: tuple(stem for _, stem in _words(chunk))).__getitem__

"""A text cut into sentences, and these into clauses: each with its place in the text."""

import re
from functools import lru_cache
from typing import NamedTuple

# Who writes without stops begins a sentence where he says what he wants: "je suis boulanger je voudrais un four".
_JOINING = ("et", "mais", "que", "qu", "si", "quand", "ou", "où", "car", "donc", "dont", "comme", "puis", "lorsque")
_RELATIVE = ("lequel", "laquelle", "lesquels", "lesquelles", "auquel")
_AFTER_WORD = "".join(rf"(?<!\b{word})" for word in (*_JOINING, *_RELATIVE))
_WANTS = (
    r"(?:je|nous|on)\s(?:voudr|souhait|recherch|cherch|veu[tx]\b|voulons\b|sollicit|envisag|aimer|aurais\sbesoin|aurions\sbesoin)"
    r"|j['’](?:aimer|envisag|ai\sbesoin|aurais\sbesoin)|nous\sav(?:ons|ions)\sbesoin|on\sa\sbesoin"
)
# A full stop inside a number or an address ends nothing.
_ENDS = re.compile(rf"[.…]+(?=\s|$)|[!?;\n]+|(?<=\w)(?=\s+(?:{_WANTS})){_AFTER_WORD}\s+", re.IGNORECASE)
# Two clauses, each with its own subject: "je cherche un soudeur et je voudrais un robot".
_SUBJECTS = re.compile(r"\s(?:et|mais)(?=\s(?:je|nous|on)\s|\sj['’])", re.IGNORECASE)
# What is asked for beside something else: "former deux caristes et recruter un soudeur".
_INFINITIVE = (
    r"(?:(?:se|me|nous|lui|leur|la|le|les|ne pas|en|y|mieux|bien|faire)\s|[slm]['’])*"
    r"(?!(?:hiver|cher|fer|mer|laser|cuir|plaisir|avenir|loisir|noir|cadre|ordre|gendre|cendre)\b)"
    r"(?:[a-zà-ÿ]{2,}(?:(?<!i)er|(?<!o)ir|[ev]oir|dre|ttre|(?<![ao])ire|a[iî]tre|ivre|clure)|(?:re)?faire|voir|avoir)(?!\w)"
)
_BEFORE_INFINITIVE = (
    "et|ou|puis|donc|enfin|pour|de|à|aussi|ensuite|également|par ailleurs|de plus|en plus|sinon|surtout"
)
_OPENS_WITH_INFINITIVE = re.compile(rf"(?:(?:{_BEFORE_INFINITIVE}),?\s|d['’])*{_INFINITIVE}", re.IGNORECASE)
_INFINITIVES = re.compile(
    rf"(?:\s(?:et|puis|ou)|,(?:\s(?:et|puis|mais))?)(?:\saussi)?(?=\s(?:(?:de|à)\s|d['’])?{_INFINITIVE})",
    re.IGNORECASE,
)
# Signs that stand between two things: "un soudeur + un robot".
_JOINTS = r"\s[+/&]\s|\sainsi qu(?:e\s|(?=['’]))"
_COMMAS = re.compile(rf"[,:()]+(?=\s|$)|\s[-–—(]\s?|{_JOINTS}", re.IGNORECASE)
_LISTED = re.compile(_JOINTS, re.IGNORECASE)


_LETTER = re.compile(r"[^\W_]")  # or a digit
MOST_KEPT = 1024  # texts that are cut once for all who read them: twice as many as are answered together


class Span(NamedTuple):
    """A part of a text: ``text[start:end]``."""

    start: int
    end: int


class Sentence(NamedTuple):
    """A sentence and its clauses, one at least."""

    span: Span
    clauses: tuple[Span, ...]


@lru_cache(maxsize=MOST_KEPT)
def sentences_of(text: str) -> tuple[Sentence, ...]:
    """Return the sentences of a text, in order; those without a letter or a digit are left out.

    >>> text = "Bonjour, je cherche un soudeur. Merci !"
    >>> [[text[start:end] for start, end in sentence.clauses] for sentence in sentences_of(text)]
    [['Bonjour', 'je cherche un soudeur'], ['Merci']]
    >>> text = "je suis boulanger à Noyon je voudrais un four dont j'ai besoin"
    >>> [text[slice(*sentence.span)] for sentence in sentences_of(text)]
    ['je suis boulanger à Noyon', "je voudrais un four dont j'ai besoin"]
    >>> len(sentences_of("un bâtiment pour lequel nous cherchons un locataire"))
    1
    """
    whole = Span(0, len(text))
    return tuple(Sentence(span, clauses_of(text, span)) for span in _between(text, whole, _ENDS))


@lru_cache(maxsize=16 * MOST_KEPT)  # a part is asked for as part of several others
def clauses_of(text: str, span: Span) -> tuple[Span, ...]:
    """Return the clauses of a part of a text that has a letter or a digit, in order."""
    return tuple(_between(text, span, _COMMAS))


def coordinated(text: str, span: Span) -> list[Span]:
    """Return the parts of a sentence of which each begins with the speaker as its subject; itself where it is one.

    >>> text = "Je ne trouve pas de soudeurs et je voudrais un robot"
    >>> [text[start:end] for start, end in coordinated(text, Span(0, len(text)))]
    ['Je ne trouve pas de soudeurs', 'je voudrais un robot']
    """
    return _between(text, span, _SUBJECTS)


def listed(text: str, span: Span) -> list[Span]:
    """Return the parts of a sentence that a sign or "ainsi que" joins; itself where it is one.

    >>> text = "deux caristes + isoler le toit"
    >>> [text[start:end] for start, end in listed(text, Span(0, len(text)))]
    ['deux caristes', 'isoler le toit']
    """
    return _between(text, span, _LISTED)


def infinitives(text: str, span: Span) -> list[Span]:
    """Return the parts of a sentence of which each but the first begins with an infinitive; itself where it is one.

    >>> text = "nous voulons former nos caristes, refaire le site et alléger les flacons"
    >>> [text[start:end] for start, end in infinitives(text, Span(0, len(text)))]
    ['nous voulons former nos caristes', 'refaire le site', 'alléger les flacons']
    """
    return _between(text, span, _INFINITIVES)


def opens_with_infinitive(text: str, span: Span) -> bool:
    """Tell whether a part of a text says what to do: "Former deux caristes", "Et lui trouver un studio"."""
    return bool(_OPENS_WITH_INFINITIVE.match(text, *span))


def _between(text: str, span: Span, marks: re.Pattern[str]) -> list[Span]:
    """Return what stands between some marks, without the white space around it."""
    start, end = span
    found: list[Span] = []
    for mark in marks.finditer(text, start, end):
        _add(found, text, start, mark.start())
        start = mark.end()
    _add(found, text, start, end)
    return found


def _add(found: list[Span], text: str, start: int, end: int) -> None:
    if _LETTER.search(text, start, end):
        part = text[start:end].lstrip()
        start = end - len(part)
        found.append(Span(start, start + len(part.rstrip())))

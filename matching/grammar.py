"""How one language negates, joins clauses and makes requests: words and patterns that are given as data."""

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from itertools import chain

from matching.patterns import PatternTable, folded
from matching.sentences import Span, opens_with_infinitive
from matching.text import tokens

NEGATION_SPAN = 4  # words after a negation that it covers: "pas besoin d'un prêt"
FRAGMENT = 8  # words that a sentence without a verb has at most
_QUESTION = re.compile(r"\s*\?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Negation:
    """What denies, and what that hides.

    Parameters
    ----------
    words, exceptions : iterable of str
        Words that deny ("pas"); those of them that hide what follows wherever they stand ("sauf").
    will, need : iterable of str
        Words beside which the others do: before ("veux") and after ("besoin").
    refusable : iterable of str
        What one may refuse to be offered ("prêt"): of all the rest a text that opens with a negation complains that
        there is none ("pas de bus").
    lacking : iterable of str
        With these a clause begins that complains, whatever the rest of the text says ("pas de", "ni").
    """

    words: Iterable[str] = ()
    exceptions: Iterable[str] = ()
    will: Iterable[str] = ()
    need: Iterable[str] = ()
    refusable: Iterable[str] = ()
    lacking: Iterable[str] = ()


class Grammar:
    """The words of a language that say nothing of a need, and what they do to those that do.

    Parameters
    ----------
    negation : Negation
    joints : iterable of str
        Words that open another clause ("et", "mais").
    requests, verbs : iterable of str
        Regular expressions over lower case without accents, one of which matches a request ("je cherche"); what has a
        verb or its subject ("nous", "sont"). Without any of the latter nothing is a fragment.
    openings : PatternTable, optional
        What opens a request and says nothing of what is wanted ("pourriez-vous nous aider à").
    stop_words : collection of str
        Stems that say nothing.
    """

    def __init__(
        self,
        *,
        negation: Negation | None = None,
        joints: Iterable[str] = (),
        requests: Iterable[str] = (),
        verbs: Iterable[str] = (),
        openings: PatternTable | None = None,
        stop_words: Collection[str] = (),
    ) -> None:
        negation = negation or Negation()
        self._exceptions, self._will, self._need = map(_stems, (negation.exceptions, negation.will, negation.need))
        self._negations = _stems(negation.words) | self._exceptions
        self._refusable = _stems(negation.refusable)
        self._lacking = [tuple(tokens(phrase)) for phrase in negation.lacking]
        self.joints = _stems(joints)
        self._requests = [re.compile(pattern) for pattern in requests]
        self._verbs = [re.compile(pattern) for pattern in verbs]
        self._openings = openings
        self._stop_words = frozenset(stop_words)

    def says_something(self, stems: Iterable[str]) -> bool:
        """Tell whether any of some stems may speak of a need."""
        return any(stem not in self._stop_words for stem in stems)

    def is_request(self, text: str, span: Span) -> bool:
        """Tell whether a part of a text is a request: by its words, an infinitive or a question mark.

        One with an :meth:`opening` is a request whatever this says. A statement is not: "directive" against
        "assertive" speech acts (Searle, 1976).
        """
        if _QUESTION.match(text, span.end) or opens_with_infinitive(text, span):
            return True
        part = folded(text, span)
        return any(pattern.search(part) for pattern in self._requests)

    def is_fragment(self, text: str, span: Span) -> bool:
        """Tell whether a part of a text is a few words without a verb, which state nothing: "deux caristes"."""
        part = folded(text, span)
        is_short = len(part.split()) <= FRAGMENT
        return bool(self._verbs) and is_short and not any(pattern.search(part) for pattern in self._verbs)

    def opening(self, text: str, span: Span) -> set[int]:
        """Return the places of the words of a part of a text that only open a request."""
        places: set[int] = set()
        if self._openings is None:
            return places
        part = folded(text, span)
        for _, patterns in self._openings.of(part):
            for found in chain.from_iterable(pattern.finditer(part) for pattern in patterns):
                start, end = (len(tokens(part[:at])) for at in found.span())
                places.update(range(start, end))
        return places

    def negated(self, stems: Sequence[str], *, complains: bool = False) -> set[int]:
        """Return the places of a clause that a negation covers, up to a joint.

        "Je n'ai pas de soudeur" asks for a welder: a negation hides what follows it only where it opens the clause
        ("pas de prêt"), stands after a word of will ("je ne veux pas de prêt") or before a word of need ("pas besoin
        de prêt", "aucun souci pour recruter"). In a text that ``complains``, and in a clause that begins like a
        complaint, one that opens the clause hides only what may be refused: "pas de bus" asks for one.
        """
        covered: set[int] = set()
        if self._negations.isdisjoint(stems):
            return covered
        complains |= any(tuple(stems[: len(opening)]) == opening for opening in self._lacking)
        for place, stem in enumerate(stems):
            if stem not in self._negations:
                continue
            follows = stems[place + 1 : place + 3]
            refuses = not complains or not self._refusable.isdisjoint(stems[1 : 1 + NEGATION_SPAN])
            after_will = place > 0 and stems[place - 1] in self._will
            if (
                stem in self._exceptions
                or (place == 0 and refuses)
                or after_will
                or not self._need.isdisjoint(follows)
            ):
                if after_will:
                    covered.add(place - 1)  # "je ne cherche pas de prêt" looks for nobody either
                for later in range(place + 1, min(place + 1 + NEGATION_SPAN, len(stems))):
                    if stems[later] in self.joints:
                        break
                    covered.add(later)
        return covered


def _stems(spoken: Iterable[str]) -> frozenset[str]:
    return frozenset(stem for word in spoken for stem in tokens(word))

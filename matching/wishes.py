"""What a submission asks for."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from matching.sentences import Span


@dataclass(frozen=True, slots=True)
class Wish:
    """What a submission asks for.

    Parameters
    ----------
    weights : mapping of str to float
        Weight in ]0, 1] of each sub-need, of its share and its probability; empty when nothing was understood.
    evidence : mapping of str to tuple of str
        The words of the text that decided, as written, by sub-need; ticked ones have none.
    stated : bool
        Whether anything was ticked or written: if not, every scheme is of interest.
    ticked : frozenset of str
        The sub-needs that were ticked.
    probabilities : mapping of str to float
        By sub-need, that the text asks for it, in [0, 1]: each is decided by itself.
    sentences : mapping of str to Span
        By sub-need, the sentence that says it best.
    closeness : mapping of str to float
        By scheme key, how close the text comes to what is said of the scheme: a cosine in [0, 1].
    elsewhere : float
        The greatest share of what no scheme answers in the text; noise apart, which says nothing.
    foreign : bool
        Whether the text is in another language: nothing is read in it.
    preferences : frozenset of str
        What schemes had better not be; they lower and never exclude.
    spoken_activities : frozenset of str
        Codes of the NAF rév. 2, one of which the text says is the activity: what none of them could have is lowered,
        and never excluded, while the activity is not known.
    """

    weights: Mapping[str, float] = field(default_factory=dict)
    evidence: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    stated: bool = False
    ticked: frozenset[str] = frozenset()
    probabilities: Mapping[str, float] = field(default_factory=dict)
    sentences: Mapping[str, Span] = field(default_factory=dict)
    closeness: Mapping[str, float] = field(default_factory=dict)
    elsewhere: float = 0.0
    foreign: bool = False
    preferences: frozenset[str] = frozenset()
    spoken_activities: frozenset[str] = frozenset()

    def percent(self, need: str) -> float:
        """Return how sure a sub-need is, from 0 to 100: wholly where nothing else is said of it."""
        return 100.0 * self.probabilities.get(need, 1.0)


def ticked_alone(ticked: Iterable[str], *, is_stated: bool) -> Wish:
    """Return what ticked boxes ask for, beside a text without a word."""
    weights = dict.fromkeys(ticked, 1.0)
    stated = bool(weights) or is_stated
    return Wish(weights, stated=stated, ticked=frozenset(weights), probabilities=dict(weights))

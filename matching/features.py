"""What the score is made of: one number for each thing that makes a scheme worth naming, each of them explainable."""

from collections.abc import Mapping
from dataclasses import dataclass, fields

from matching.schemes import REACHES

SHORT_NOTICE_DAYS = 15  # taken for a preparation time where no source gives one
NEAR_DAYS = 90
OTHERS = 0.35  # what serving other sub-needs as well can add
CLOSE = 0.3  # likeness of words that leaves no doubt
LISTED = 0.25  # of the points of the best answer: what has less is noise (benchmarks/RESULTS.md, "Understanding")
N_FIRST, LISTED_AFTER = 10, 0.5  # the same after so many, but for the first of each need
N_OF_EACH = 2  # those
N_COVERED = 5  # among so many of the first that help stands the best of each of the so many likeliest sure needs
HEARD = 10.0  # percent from which one made for a need stands among the first N_FIRST: sure or not, it was heard
DIGITS = 6  # of a score: enough to order, few enough to be the same on any machine
OPEN_FACTS_FLOOR = 4  # from that many open facts on, nothing is left of the certainty


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    """Points of each contribution at its best; ``version`` names the set.

    Parameters
    ----------
    need : float
        The scheme is made for what the firm asks.
    words : float
        What the firm writes is close to what firms say that it is for.
    near : float
        It is decided near the firm: local before national before European.
    target : float
        Its owner aims at this activity.
    certain : float
        Nothing is left to ask.
    guide : float
        It knows whom to turn to, whatever the need.
    deadline : float
        There is time to apply, and not for ever.
    verified : float
        Every fact of its sheet was read in a source, and nobody is late to read it again.
    applicant : float
        The firm itself can ask for it.
    diversity : float
        Taken off for each scheme already named for the same need in the same form.
    preference : float
        Taken off for going against what the firm says that it does not want.
    trade : float
        Taken off for what the trade that the firm speaks of could not have, while its activity is not known.
    asks : float
        Taken off while a condition waits for an answer of the firm.
    sure, likely : float
        Probability of a need, in percent, from which it is answered, and from which the firm is asked about it.
    """

    version: str
    need: float
    words: float
    near: float
    target: float
    certain: float
    guide: float
    deadline: float
    verified: float
    applicant: float
    diversity: float
    preference: float
    trade: float
    asks: float
    sure: float
    likely: float


POINTS = tuple(item.name for item in fields(Weights) if item.name != "version")
THRESHOLDS = ("sure", "likely")
CONTRIBUTIONS = tuple(name for name in POINTS if name not in THRESHOLDS)
# What the firm does not want, its trade could not have or it has to answer; and what depends on the others of a list.
LOSSES = ("preference", "trade", "asks", "diversity")
SCORED = tuple(name for name in CONTRIBUTIONS if name not in LOSSES)
NEAR: Mapping[str, float] = dict(zip(REACHES, (1.0, 0.8, 0.65, 0.25, 0.0), strict=True))
APPLICANT: Mapping[str, float] = {"firm": 0.0, "employee": -0.5, "authority": -1.0}

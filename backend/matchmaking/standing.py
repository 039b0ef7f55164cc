"""Where a scheme stands for a firm, in one word: relevance orders, the word only labels.

What each word tells the firm, and what improves it:

- *Éligible*: nothing is open. It can be asked for.
- *Très probable*: all that the firm can say is met, or is open only until it confirms what is presumed of it (ADR 41);
  its officer or the operator confirms the rest. Call them.
- *À préciser*: something is open that the firm, or a list that is not held, can settle. Answer it.
- *Dates à confirmer*: all is met but that nobody has read whether it takes applications. Ask the operator.
- *Pas encore ouvert*: nothing stands against it but the day. Wait for it.
- *Non éligible*: a condition is not met.

An alert tells of the first two; of *À préciser* where one answer is left; never of dates alone. It presumes nothing.
"""

from collections.abc import Sequence
from typing import Protocol

from django.db import models
from django.utils.translation import gettext_lazy as _

from backend.matchmaking.models import Match
from backend.schemes.catalogue.wording import nature
from backend.schemes.models import Revision
from backend.schemes.vocabulary import NATURE_TITLES

WINDOW = "window"
OF_OTHERS = frozenset({"manual.officer", "manual.operator"})  # what the firm cannot answer itself


class Standing(models.TextChoices):
    """From the best to the worst."""

    ELIGIBLE = "eligible", _("Éligible")
    LIKELY = "likely", _("Très probable")
    TO_SPECIFY = "to_specify", _("À préciser")
    DATES = "dates", _("Dates à confirmer")
    LATER = "later", _("Pas encore ouvert")
    INELIGIBLE = "ineligible", _("Non éligible")


class Judged(Protocol):
    """What the engine says of a scheme, kept or not."""

    @property
    def eligibility(self) -> str: ...
    @property
    def unknown(self) -> Sequence[str]: ...
    @property
    def to_confirm(self) -> Sequence[str]: ...
    @property
    def presumed(self) -> Sequence[str] | None: ...
    @property
    def opens_later(self) -> bool: ...


def standing(match: Judged, revision: Revision, *, presumes: bool = True) -> Standing:
    """Return the first word that holds; without what is presumed of the firm where only what was said may count."""
    if match.eligibility == Match.Verdict.INELIGIBLE:
        return Standing.LATER if match.opens_later else Standing.INELIGIBLE
    if match.eligibility == Match.Verdict.ELIGIBLE:
        return Standing.ELIGIBLE if _has_condition(revision) else Standing.LIKELY
    presumed = (match.presumed or ()) if presumes else ()
    if any(fact not in presumed for fact in asked_of_the_firm(match)):
        return Standing.TO_SPECIFY
    return Standing.DATES if WINDOW in match.unknown else Standing.LIKELY


def _has_condition(revision: Revision) -> bool:
    """Tell whether a condition was read of a scheme: what is weighed or to be done says nothing of who may ask."""
    return any(nature(row.definition) not in NATURE_TITLES for row in revision.criteria.all())


def asked_of_the_firm(match: Judged) -> tuple[str, ...]:
    """Return the open facts that neither its officer nor the operator alone can settle."""
    return tuple(fact for fact in (*match.unknown, *match.to_confirm) if fact != WINDOW and fact not in OF_OTHERS)

"""Each kind of criterion as people meet it: a class a kind, tied by its name to that of ``matching.criteria``."""

from collections.abc import Iterable
from itertools import starmap

from backend.facts.yes_no import YES_NO
from backend.schemes.catalogue.criteria.base import KINDS, Kind, brief_sentence, contrary, sentence
from backend.schemes.catalogue.criteria.composites import All, AnyOf, Not
from backend.schemes.catalogue.criteria.dates import AgeMonths, Window
from backend.schemes.catalogue.criteria.lists import (
    Activity,
    HoldsScheme,
    InTerritory,
    LegalForm,
    ProjectHorizon,
    ProjectTenure,
    SpendKind,
)
from backend.schemes.catalogue.criteria.manual import Manual
from backend.schemes.catalogue.criteria.numbers import BalanceSheet, Headcount, SizeCategory, Spend, Turnover
from backend.schemes.catalogue.criteria.states import Autonomous, Expected, ProjectNotStarted

__all__ = ["KINDS", "brief_sentence", "contrary", "sentence"]

_YES_NO = starmap(Expected, YES_NO.items())
_ALL: Iterable[Kind] = (
    InTerritory(), Activity(), SizeCategory(), Autonomous(), Headcount(), Turnover(), BalanceSheet(), Spend(),
    AgeMonths(), LegalForm(), *_YES_NO, HoldsScheme(), ProjectNotStarted(), SpendKind(), ProjectHorizon(),
    ProjectTenure(), Manual(), AnyOf(), All(), Not(), Window(),
)  # fmt: skip
KINDS.update({kind.kind: kind for kind in _ALL})

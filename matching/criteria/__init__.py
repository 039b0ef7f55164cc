"""Criteria of eligibility: small frozen values that test one thing of every profile at once.

``matching.definitions`` reads them from JSON and writes them back. The sentence of a criterion and its source belong
to the catalogue, not to the engine.
"""

from matching.criteria.base import Criterion, OpenFacts, leaves, shared
from matching.criteria.composites import All, AnyOf, Not
from matching.criteria.dates import WINDOW_STATES, AgeMonths, Window
from matching.criteria.lists import (
    Activity,
    HoldsScheme,
    InTerritory,
    LegalForm,
    ProjectHorizon,
    ProjectTenure,
    SpendKind,
)
from matching.criteria.manual import Manual
from matching.criteria.numbers import BalanceSheet, Headcount, SizeCategory, Spend, Turnover
from matching.criteria.states import YES_NO_CRITERIA, Autonomous, ProjectNotStarted

__all__ = [
    "WINDOW_STATES",
    "YES_NO_CRITERIA",
    "Activity",
    "AgeMonths",
    "All",
    "AnyOf",
    "Autonomous",
    "BalanceSheet",
    "Criterion",
    "Headcount",
    "HoldsScheme",
    "InTerritory",
    "LegalForm",
    "Manual",
    "Not",
    "OpenFacts",
    "ProjectHorizon",
    "ProjectNotStarted",
    "ProjectTenure",
    "SizeCategory",
    "Spend",
    "SpendKind",
    "Turnover",
    "Window",
    "leaves",
    "shared",
]

"""How alike two sheets are, trait by trait, each from 0 to 1: what speaks for one scheme and what speaks against.

The vectors of a whole list of sheets are made once; a rare word tells more than one that many sheets hold.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from enum import StrEnum
from math import log
from typing import TYPE_CHECKING

import numpy as np

from backend.common.text import fold
from backend.schemes.ingestion.duplicates.sheets import Sheet
from backend.schemes.ingestion.duplicates.signs import subject_of
from backend.schemes.models import Revision

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

LETTERS: dict[str, object] = {"analyzer": "char_wb", "ngram_range": (3, 4)}
FEW = 10  # sheets that may hold a word before it is too common to tell any two apart
RARE_PAGE = 2  # sheets of one source that may give a page before it is a general one
MOST_OF_FRANCE = 80  # departments: a sheet that lists most of them is compared as a national one
PAGES_ALIKE = 0.4  # likeness of the words of two addresses over which they speak for, under which against
type Pair = tuple[int, int]


class Trait(StrEnum):
    """The first six speak for one scheme, the others against."""

    TITLE_HELD = "title_held"
    TEXT = "text"
    PAGE_WORDS_ALIKE = "page_words_alike"
    SAME_PAGE = "same_page"
    SAME_OPERATOR = "same_operator"
    SAME_STAGE = "same_stage"
    SUBJECT_UNSAID = "subject_unsaid"
    SUBJECTS_APART = "subjects_apart"
    PAGE_WORDS_FAR = "page_words_far"
    OTHER_OPERATOR = "other_operator"
    OTHER_STAGE = "other_stage"
    OTHER_KIND = "other_kind"
    NARROWER = "narrower"
    OTHER_PLACES = "other_places"
    OTHER_FIGURES = "other_figures"
    OTHER_END = "other_end"


FOR = tuple(Trait)[: list(Trait).index(Trait.SUBJECT_UNSAID)]


class Vectors:
    """All sheets in vectors, by their places in the list."""

    def __init__(self, sheets: Sequence[Sheet]) -> None:
        self.sheets = sheets
        common = max(len(sheets) // 5, FEW)
        self.titles = _weigh_terms((sheet.title for sheet in sheets), **LETTERS)
        self.words = _weigh_terms((sheet.text for sheet in sheets), preprocessor=fold, max_df=common)
        pages = [sheet.page_words for sheet in sheets]
        self.pages = _weigh_terms(pages, **LETTERS) if any(pages) else None
        given = Counter((sheet.source, sheet.page) for sheet in sheets if sheet.page)
        self.general = frozenset(page for (_, page), n_sheets in given.items() if n_sheets > RARE_PAGE)
        self._said = [sheet.subject | subject_of(f"{sheet.page_words} {sheet.text}") for sheet in sheets]
        counts = Counter(root for said in self._said for root in said)
        self._rarity = {root: log((len(sheets) + 1) / (n_sheets + 1)) for root, n_sheets in counts.items()}

    def traits(self, pairs: Sequence[Pair]) -> np.ndarray:
        """Return one row for each pair, one column for each trait."""
        left, right = (list(side) for side in zip(*pairs, strict=True))
        found = np.zeros((len(pairs), len(Trait)))
        column = {trait: place for place, trait in enumerate(Trait)}
        found[:, column[Trait.TITLE_HELD]] = held(self.titles, left, right)
        found[:, column[Trait.TEXT]] = alike(self.words, left, right)
        pages = alike(self.pages, left, right) if self.pages is not None else np.zeros(len(pairs))
        for row, (one, other) in enumerate(pairs):
            for trait, value in self._told(one, other, float(pages[row])).items():
                found[row, column[trait]] = value
        return found

    def _told(self, one: int, other: int, pages: float) -> dict[Trait, float]:
        left, right = self.sheets[one], self.sheets[other]
        unsaid = sorted((self._unsaid(one, other), self._unsaid(other, one)))
        here, there = _narrow(left), _narrow(right)
        have_words = bool(left.page_words and right.page_words)
        kinds = {left.kind, right.kind}
        ends = {left.closes_on, right.closes_on}
        return {
            Trait.PAGE_WORDS_ALIKE: max(0.0, pages - PAGES_ALIKE) / (1 - PAGES_ALIKE) if have_words else 0,
            Trait.PAGE_WORDS_FAR: max(0.0, PAGES_ALIKE - pages) / PAGES_ALIKE if have_words else 0,
            Trait.SAME_PAGE: bool(left.page) and left.page == right.page and left.page not in self.general,
            Trait.SAME_OPERATOR: bool(left.operators & right.operators),
            Trait.OTHER_OPERATOR: _differ(left.operators, right.operators),
            Trait.SAME_STAGE: bool(left.stage) and left.stage == right.stage,
            Trait.OTHER_STAGE: len({left.stage, right.stage} - {""}) == 2,
            Trait.SUBJECT_UNSAID: unsaid[1],
            Trait.SUBJECTS_APART: unsaid[0],
            Trait.OTHER_KIND: len(kinds - {"", Revision.Kind.MIXED}) == 2,
            Trait.NARROWER: (here is None) != (there is None),
            Trait.OTHER_PLACES: here is not None and there is not None and here != there,
            Trait.OTHER_FIGURES: _differ(left.figures, right.figures),
            Trait.OTHER_END: None not in ends and len(ends) == 2,
        }

    def _unsaid(self, one: int, other: int) -> float:
        """Return how much of what a title is about the other sheet never says; a half where the title is empty."""
        whole = self._weight(self.sheets[one].subject)
        return self._weight(self.sheets[one].subject - self._said[other]) / whole if whole else 0.5

    def _weight(self, roots: frozenset[str]) -> float:
        return sum(self._rarity[root] for root in roots)


def _weigh_terms(texts: Iterable[str], **options: object) -> "csr_matrix":
    from sklearn.feature_extraction.text import TfidfVectorizer  # slow to load, and no page waits for it

    return TfidfVectorizer(sublinear_tf=True, dtype=np.float32, **options).fit_transform(texts)


def alike(vectors: "csr_matrix", left: list[int], right: list[int]) -> np.ndarray:
    """Return the cosine of each pair of rows: the rows have length one."""
    return np.asarray(vectors[left].multiply(vectors[right]).sum(axis=1)).ravel()


def held(vectors: "csr_matrix", left: list[int], right: list[int]) -> np.ndarray:
    """Return how much of the one row's weight, or of the other's, lies where both have some: the larger of the two."""
    one, other = vectors[left], vectors[right]
    shares = [
        np.asarray(each.power(2).multiply(against.sign()).sum(axis=1))
        for each, against in ((one, other), (other, one))
    ]
    return np.maximum(*shares).ravel()


def _differ(one: frozenset[str], other: frozenset[str]) -> bool:
    """Tell whether both say something, and nothing in common."""
    return bool(one) and bool(other) and one.isdisjoint(other)


def _narrow(sheet: Sheet) -> frozenset[str] | None:
    return None if sheet.departments is None or len(sheet.departments) >= MOST_OF_FRANCE else sheet.departments

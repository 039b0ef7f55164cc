"""Which sheets are worth comparing, and the candidates among them: never every pair of the catalogue.

Each sheet meets its nearest neighbours of the other sources, by the rare words of what it says and by its title, and
those that give the same page.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from itertools import combinations

import numpy as np
from scipy.sparse import csr_matrix
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.neighbors import NearestNeighbors

from backend.common.text import fold
from backend.schemes.duplicates.scoring import Advice, Candidate, compare
from backend.schemes.duplicates.sheets import Sheet
from backend.schemes.models import Scheme

NEIGHBOURS = 10
FEW = 10  # sheets that may hold a word before it is too common to tell any two apart
RARE_PAGE = 2  # sheets of one source that may give a page before it is a general one
type Pair = tuple[int, int]


class Comparer:
    """All sheets in vectors, by their places in the list."""

    def __init__(self, sheets: Sequence[Sheet]) -> None:
        self.sheets = sheets
        self._titles = TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 4), sublinear_tf=True, dtype=np.float32)
        common = max(len(sheets) // 5, FEW)
        self._words = TfidfVectorizer(preprocessor=fold, sublinear_tf=True, max_df=common, dtype=np.float32)
        self.titles: csr_matrix = self._titles.fit_transform([sheet.title for sheet in sheets])
        self.words: csr_matrix = self._words.fit_transform([sheet.text for sheet in sheets])
        given = Counter((sheet.source, sheet.page) for sheet in sheets if sheet.page)
        self._general = {page for (_, page), n_sheets in given.items() if n_sheets > RARE_PAGE}

    def compare(self, pairs: Sequence[Pair]) -> list[Candidate]:
        """Weigh pairs of sheets, named by their places."""
        if not pairs:
            return []
        left, right = (list(side) for side in zip(*pairs, strict=True))
        titles, words = _alike(self.titles, left, right), _alike(self.words, left, right)
        held = _held(self.titles, left, right)
        return [
            compare(
                self.sheets[one],
                self.sheets[other],
                title=float(title),
                title_held=float(part),
                text=float(text),
                page_is_rare=self.sheets[one].page not in self._general,
            )
            for one, other, title, part, text in zip(left, right, titles, held, words, strict=True)
        ]

    def pairs(self) -> list[Pair]:
        """Return the pairs worth comparing, each once: of two sources, or both of ours."""
        found = {*self._neighbours(self.titles), *self._neighbours(self.words), *self._of_one_page()}
        return sorted(found)

    def _neighbours(self, vectors: csr_matrix) -> Iterator[Pair]:
        sources = np.array([sheet.source for sheet in self.sheets])
        for source in dict.fromkeys(sources):
            mine = np.flatnonzero(sources == source)
            yield from _nearest(vectors, mine, np.flatnonzero(sources != source))
            if source == Scheme.OWN:
                yield from _nearest(vectors, mine, mine)

    def _of_one_page(self) -> Iterator[Pair]:
        by_page = defaultdict(list)
        for place, sheet in enumerate(self.sheets):
            if sheet.page and sheet.page not in self._general:
                by_page[sheet.page].append(place)
        for places in by_page.values():
            yield from (pair for pair in combinations(places, 2) if self._may_meet(*pair))

    def _may_meet(self, one: int, other: int) -> bool:
        sources = self.sheets[one].source, self.sheets[other].source
        return sources[0] != sources[1] or sources[0] == Scheme.OWN


def find_candidates(sheets: Sequence[Sheet], *, source: str | None = None) -> list[Candidate]:
    """Return the pairs that may be of one scheme, likeliest first; of those of a source where one is named."""
    if len(sheets) < 2:
        return []
    comparer = Comparer(sheets)
    pairs = [pair for pair in comparer.pairs() if source is None or source in {sheets[place].source for place in pair}]
    found = [each for each in comparer.compare(pairs) if each.advice is not Advice.NONE]
    return sorted(found, key=lambda each: (-each.points, each.one.key, each.other.key))


def _nearest(vectors: csr_matrix, queries: np.ndarray, among: np.ndarray) -> Iterator[Pair]:
    if not len(among) or not len(queries):
        return
    nearest = NearestNeighbors(n_neighbors=min(NEIGHBOURS, len(among)), metric="cosine", algorithm="brute")
    nearest.fit(vectors[among])
    for query, row in zip(queries, nearest.kneighbors(vectors[queries], return_distance=False), strict=True):
        for place in row:
            one, other = sorted((int(query), int(among[place])))
            if one != other:
                yield one, other


def _alike(vectors: csr_matrix, left: list[int], right: list[int]) -> np.ndarray:
    """Return the cosine of each pair of rows: the rows have length one."""
    return np.asarray(vectors[left].multiply(vectors[right]).sum(axis=1)).ravel()


def _held(vectors: csr_matrix, left: list[int], right: list[int]) -> np.ndarray:
    """Return how much of the one row's weight, or of the other's, lies where both have some: the larger of the two."""
    one, other = vectors[left], vectors[right]
    shares = [
        np.asarray(each.power(2).multiply(against.sign()).sum(axis=1))
        for each, against in ((one, other), (other, one))
    ]
    return np.maximum(*shares).ravel()

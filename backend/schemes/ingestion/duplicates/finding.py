"""Which sheets are worth comparing, and the candidates among them: never every pair of the catalogue.

Each sheet meets its nearest neighbours of the other sources, by the rare words of what it says and by its title, and
those that give the same page.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from backend.schemes.ingestion.duplicates.scoring import Advice, Candidate, Model, model_in_use, weigh
from backend.schemes.ingestion.duplicates.sheets import Sheet
from backend.schemes.ingestion.duplicates.similarity import Pair, Vectors
from backend.schemes.models import Scheme

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

NEIGHBOURS = 10


def find_candidates(
    sheets: Sequence[Sheet], *, source: str | None = None, model: Model | None = None
) -> list[Candidate]:
    """Return the pairs that may be of one scheme, likeliest first; of those of a source where one is named."""
    if len(sheets) < 2:
        return []
    vectors = Vectors(sheets)
    pairs = [pair for pair in pairs_met(vectors) if source is None or source in _sources(vectors, pair)]
    found = [each for each in weigh(vectors, pairs, model or model_in_use()) if each.advice is not Advice.NONE]
    return sorted(found, key=lambda each: (-each.chance, each.one.key, each.other.key))


def pairs_met(vectors: Vectors) -> list[Pair]:
    """Return the pairs worth comparing, each once: of two sources, or both of ours."""
    near = {*_neighbours(vectors, vectors.titles), *_neighbours(vectors, vectors.words)}
    return sorted(near | {*_of_one_page(vectors)})


def _neighbours(vectors: Vectors, rows: "csr_matrix") -> Iterator[Pair]:
    sources = np.array([sheet.source for sheet in vectors.sheets])
    for source in dict.fromkeys(sources):
        mine = np.flatnonzero(sources == source)
        yield from nearest(rows, mine, np.flatnonzero(sources != source))
        if source == Scheme.OWN:
            yield from nearest(rows, mine, mine)


def _of_one_page(vectors: Vectors) -> Iterator[Pair]:
    by_page = defaultdict(list)
    for place, sheet in enumerate(vectors.sheets):
        if sheet.page and sheet.page not in vectors.general:
            by_page[sheet.page].append(place)
    for places in by_page.values():
        yield from (pair for pair in combinations(places, 2) if _may_meet(vectors, *pair))


def _may_meet(vectors: Vectors, one: int, other: int) -> bool:
    sources = _sources(vectors, (one, other))
    return len(sources) == 2 or sources == {Scheme.OWN}


def _sources(vectors: Vectors, pair: Pair) -> set[str]:
    return {vectors.sheets[place].source for place in pair}


def nearest(vectors: "csr_matrix", queries: np.ndarray, among: np.ndarray) -> Iterator[Pair]:
    """Return each of some rows with its nearest ones among others, as pairs of places in order."""
    from sklearn.neighbors import NearestNeighbors  # slow to load, and no page waits for it

    if not len(among) or not len(queries):
        return
    found = NearestNeighbors(n_neighbors=min(NEIGHBOURS, len(among)), metric="cosine", algorithm="brute")
    found.fit(vectors[among])
    for query, row in zip(queries, found.kneighbors(vectors[queries], return_distance=False), strict=True):
        for place in row:
            one, other = sorted((int(query), int(among[place])))
            if one != other:
                yield one, other

"""Ways to order what a firm can or may have: ours, those of existing services, and those that compare texts.

An order gives each scheme a score, and says what the best one is worth: below a threshold, tuned for each way on the
same requests, it stays silent.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from math import log

import numpy as np
from numpy.typing import NDArray
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import TfidfVectorizer

from backend.matchmaking import engine
from backend.schemes.models import Revision

type Scores = NDArray[np.float64]

# Free advice first, then money, as sites do that order by form.
BY_KIND = ("advisory", "training", "in_kind", "grant", "mixed", "tax_relief", "guarantee", "repayable_advance", "loan")
BY_LEVEL = ("local", "departmental", "regional", "national", "eu")
NO_END = date.max.toordinal()
IN_TITLE, IN_TEXT = 3.0, 1.0  # points of a word of the request, as search engines of catalogues give them
K1, B = 1.2, 0.75  # of BM25, as in Robertson and Zaragoza (2009)
N_TOPICS = 100  # of LSA (Deerwester et al., 1990), or fewer where the catalogue is small


@dataclass(frozen=True, slots=True)
class Sheet:
    """What existing services order by."""

    key: str
    name: str
    text: str
    kind: str
    level: str
    closes_on: date | None


def sheets_of(catalogue: engine.Catalogue) -> list[Sheet]:
    """Return the sheets of a catalogue, in the order of their keys."""
    revisions = {revision: key for key, revision in catalogue.revisions.items()}
    rows = Revision.objects.filter(pk__in=revisions)
    sheets = (
        Sheet(revisions[row.pk], row.name, f"{row.name}. {row.summary}", row.kind, row.level, row.closes_on)
        for row in rows
    )
    return sorted(sheets, key=lambda sheet: sheet.key)


class Orders:
    """Every order of other services, over one catalogue."""

    def __init__(self, sheets: Sequence[Sheet]) -> None:
        self._sheets = sheets
        words = [engine.words_of(sheet.text) for sheet in sheets]
        titles = [engine.words_of(sheet.name) for sheet in sheets]
        self._title_words, self._text_words = list(map(set, titles)), list(map(set, words))
        self._bm25 = _Bm25(words)
        self._vectors = TfidfVectorizer(analyzer=engine.words_of, sublinear_tf=True)
        self._matrix = self._vectors.fit_transform([sheet.text for sheet in sheets])
        self._lsa = TruncatedSVD(min(N_TOPICS, len(sheets) - 1), random_state=0)
        self._topics = _unit(self._lsa.fit_transform(self._matrix))

    def ways(self) -> Mapping[str, Callable[[str], Scores]]:
        """Return each way under the name it has in the table: a text gives the scores of all sheets."""
        return {
            "by kind of aid": lambda _: self._ranks(lambda sheet: (BY_KIND.index(sheet.kind),)),
            "by perimeter, then closing date": lambda _: self._ranks(
                lambda sheet: (BY_LEVEL.index(sheet.level), _end(sheet))
            ),
            "by closing date": lambda _: self._ranks(lambda sheet: (_end(sheet),)),
            "by text points": self._points,
            "BM25": lambda text: self._bm25.scores(engine.words_of(text)),
            "TF-IDF": lambda text: np.asarray((self._matrix @ self._vectors.transform([text]).T).todense()).ravel(),
            "LSA": lambda text: self._topics @ _unit(self._lsa.transform(self._vectors.transform([text])))[0],
        }

    def _ranks(self, place: Callable[[Sheet], tuple[int, ...]]) -> Scores:
        """Return one score for the first, less for the others: such an order answers whatever is asked."""
        ordered = sorted(range(len(self._sheets)), key=lambda row: (*place(self._sheets[row]), self._sheets[row].key))
        scores = np.empty(len(self._sheets))
        scores[ordered] = np.linspace(1.0, 0.5, len(ordered))
        return scores

    def _points(self, text: str) -> Scores:
        asked = set(engine.words_of(text))
        return np.array(
            [
                IN_TITLE * len(asked & title) + IN_TEXT * len(asked & words)
                for title, words in zip(self._title_words, self._text_words, strict=True)
            ],
            float,
        )


class _Bm25:
    def __init__(self, documents: Sequence[Sequence[str]]) -> None:
        lengths = np.array([len(words) for words in documents], float)
        self._norm = K1 * (1 - B + B * lengths / lengths.mean())
        self._n = len(documents)
        self._counts: dict[str, dict[int, int]] = {}
        for row, words in enumerate(documents):
            for word in words:
                rows = self._counts.setdefault(word, {})
                rows[row] = rows.get(row, 0) + 1

    def scores(self, words: Sequence[str]) -> Scores:
        scores = np.zeros(self._n)
        for word in set(words):
            rows = self._counts.get(word, {})
            rarity = log(1 + (self._n - len(rows) + 0.5) / (len(rows) + 0.5))
            for row, count in rows.items():
                scores[row] += rarity * count * (K1 + 1) / (count + self._norm[row])
        return scores


def _unit(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return rows / np.where(lengths, lengths, 1.0)


def _end(sheet: Sheet) -> int:
    return NO_END if sheet.closes_on is None else sheet.closes_on.toordinal()

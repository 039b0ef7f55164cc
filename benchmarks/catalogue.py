"""Schemes as a tool holds them: what it takes to load them, to change one, and to read a text beside them."""

import json
import sqlite3
import tracemalloc
from collections.abc import Sequence
from dataclasses import asdict
from datetime import date
from itertools import chain
from random import Random

import bm25s
import numpy as np
import yaml
from sklearn.feature_extraction.text import TfidfVectorizer

import matching
from benchmarks.single import LIMIT, WEIGHTS
from benchmarks.synthetic import FIXTURES, SEED, Sheet


def load_sqlite(sheets: Sequence[Sheet]) -> None:
    """Load the sheets into a database in memory, one row each and one a perimeter and a need, with indexes."""
    database = sqlite3.connect(":memory:")
    names = [name for name in asdict(sheets[0]) if name not in ("perimeters", "needs")]
    database.execute(f"CREATE TABLE scheme (id INTEGER PRIMARY KEY, {', '.join(names)})")
    database.execute("CREATE TABLE perimeter (scheme INTEGER, code TEXT)")
    database.execute("CREATE TABLE need (scheme INTEGER, need TEXT, weight REAL)")
    rows = [(number, *(_cell(getattr(sheet, name)) for name in names)) for number, sheet in enumerate(sheets)]
    database.executemany(f"INSERT INTO scheme VALUES ({', '.join('?' * (len(names) + 1))})", rows)
    database.executemany(
        "INSERT INTO perimeter VALUES (?, ?)",
        ((n, code) for n, sheet in enumerate(sheets) for code in sheet.perimeters),
    )
    database.executemany(
        "INSERT INTO need VALUES (?, ?, ?)",
        ((n, *pair) for n, sheet in enumerate(sheets) for pair in sheet.needs.items()),
    )
    for index in ("scheme (key)", "scheme (state, opens_on, closes_on)", "scheme (staff_from, staff_below)",
                  "perimeter (code, scheme)", "need (need, scheme)"):  # fmt: skip
        database.execute(f"CREATE INDEX i{abs(hash(index))} ON {index}")
    database.close()


def _cell(value: object) -> object:
    if isinstance(value, tuple):
        return json.dumps(value)
    return value.isoformat() if isinstance(value, date) else value


def memory(
    schemes: Sequence[matching.Scheme], profiles: Sequence[matching.Profile], texts: "Texts"
) -> tuple[float, float]:
    """Return the bytes that an index takes for each scheme, once some firms were answered, and with its words."""
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    index = matching.Index(schemes)
    for profile in profiles:
        matching.rank(index, [profile], [matching.Wish()], WEIGHTS, limit=LIMIT)
    without = tracemalloc.get_traced_memory()[0] - before
    centroids = texts.learn()
    taken = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    return without / len(schemes), taken / len(centroids.columns)


class Texts:
    """A text of some 40 words a scheme, drawn from the words of the taxonomy, and texts of 60 words to look for."""

    def __init__(self, schemes: Sequence[matching.Scheme], n_asked: int) -> None:
        needs = yaml.safe_load((FIXTURES / "taxonomy.yaml").read_text(encoding="utf-8"))["needs"]
        said = [text for need in needs for sub in need["sub_needs"] for text in chain(*_lists(sub))]
        words = [word for text in said for word in text.split()]
        draw = Random(SEED + 2)  # noqa: S311
        self.schemes = [" ".join(draw.choices(words, k=40)) for _ in schemes]
        self.asked = [" ".join(draw.choices(words, k=60)) for _ in range(n_asked)]
        subs = [sub for need in needs for sub in need["sub_needs"]]
        self.reader = matching.NeedReader(
            matching.Language.learn(
                [
                    *(matching.Example(text, {sub["id"]: 1.0}) for sub in subs for text in chain(*_lists(sub))),
                    matching.Example("ma voisine fait du bruit", {f"{matching.NOTHING}disputes": 1.0}),
                ]
            ),
            matching.Certainty(
                intercept=0.0,
                need=1.0,
                nothing=0.0,
                out_of_scope=0.0,
                other_intercept=0.0,
                other_need=1.0,
                other_whole=1.0,
            ),
            matching.Grammar(),
        )
        self.keys = [scheme.key for scheme in schemes]
        self.centroids = self.learn()
        self.bm25 = bm25s.BM25()
        self.bm25.index(bm25s.tokenize(self.schemes, show_progress=False), show_progress=False)
        self.vectorizer = TfidfVectorizer()
        self.matrix = self.vectorizer.fit_transform(self.schemes).T.tocsr()

    def learn(self) -> matching.Centroids:
        """Learn what each scheme is recognised by."""
        pairs = zip(self.keys, self.schemes, strict=True)
        examples = (matching.Example(text, {key: 1.0}) for key, text in pairs)
        return matching.Centroids.learn(examples, self.reader.language)

    def by_bm25(self) -> None:
        for text in self.asked:
            self.bm25.retrieve(bm25s.tokenize([text], show_progress=False), k=LIMIT, show_progress=False)

    def by_sklearn(self) -> None:
        for text in self.asked:
            scores = (self.vectorizer.transform([text]) @ self.matrix).toarray()[0]
            np.argpartition(-scores, LIMIT)[:LIMIT]

    def by_engine(self, index: matching.Index, profile: matching.Profile) -> None:
        for text in self.asked:
            wish = self.reader.read(text, centroids=self.centroids)
            matching.rank(index, [profile], [wish], WEIGHTS, limit=LIMIT)


def _lists(sub: dict[str, object]) -> list[list[str]]:
    return [[text for text in value if isinstance(text, str)] for value in sub.values() if isinstance(value, list)]

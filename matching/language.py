"""What sentences say, learnt from sentences: the share of each class in a text, by a linear model of its terms.

The model is scikit-learn's: hashed words, pairs and pieces, tf-idf with sublinear counts (Salton and Buckley, 1988),
one logistic regression a class against the others, fitted by stochastic gradient. Beside it a second logistic
regression tells what no scheme is for from all the rest (out-of-scope detection, Larson et al., 2019): the thirteen
classes of it share what they know, and alone let twice as many hopeless requests be answered. Both are read here
through a cache by word, which says what scikit-learn's own ``predict_proba`` says, several times faster.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from matching.terms import N_PLACES, terms_of, terms_of_all

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix
    from sklearn.linear_model import LogisticRegression, SGDClassifier
    from sklearn.pipeline import Pipeline

FILLER = "filler"  # the class of what greets, presents, thanks or says how to call
NOTHING = "nothing."  # classes that no scheme answers are named so
NOISE = f"{NOTHING}noise"  # of keys hit at random, and talk of the weather

# Of each fit, in an order of its own; how many passes over the texts. Looked at on the tuning half of the requests and
# on short ones that nothing learnt: less of a penalty knows more of few words, and forgets long ones.
PENALTIES, EPOCHS = (1e-6, 3e-6, 1e-6), 6
SEED = 20261128
_DOUBLES = np.arange(1 << 16, dtype=np.uint16).view(np.float16).astype(np.float64)  # of each half, by its bits
STRENGTH = 10.0  # inverse penalty of what tells what is out of scope: 1 and 100 say nearly the same there


@dataclass(frozen=True, slots=True)
class Example:
    """A text that speaks of subjects, each with a weight in ]0, 1]; ``share`` is what the text counts for."""

    text: str
    subjects: Mapping[str, float]
    share: float = 1.0


@dataclass(frozen=True, slots=True)
class Heard:
    """What some texts say.

    Parameters
    ----------
    shares : (n_texts, n_classes) ndarray of float64
        Of each class in each text: they add up to 1.
    out_of_scope : (n_texts,) ndarray of float64
        Log-odds that no scheme is for a text, as if half of all texts were so.
    places : (n_terms,) ndarray of int32
        The terms of all of them, each once, in order.
    values : (n_texts, n_terms) ndarray of float64
        What each term says of each text: of length 1 together, or 0 where a text has none.
    columns, words : (n_occurrences,) ndarray of int
        The terms of the first text as they come, as columns of ``values``, and the word that each comes from.
    """

    shares: NDArray[np.float64]
    out_of_scope: NDArray[np.float64]
    places: NDArray[np.int32]
    values: NDArray[np.float64]
    columns: NDArray[np.intp]
    words: NDArray[np.intp]


class Language:
    """A fitted model.

    Parameters
    ----------
    classes : sequence of str
    rarity : (N_PLACES,) ndarray of float32
        Inverse document frequency of each term among the texts learnt from.
    weights : (N_PLACES, n_classes) ndarray of float16
        Half as long in memory, and to keep; shares change by less than 1e-3.
    intercepts : (n_classes,) ndarray of float64
    scope_weights : (N_PLACES,) ndarray of float16
        What each term says for a text being out of scope.
    scope_intercept : float
    """

    def __init__(
        self,
        classes: Sequence[str],
        rarity: NDArray[np.float32],
        weights: NDArray[np.float16],
        intercepts: NDArray[np.float64],
        scope_weights: NDArray[np.float16],
        scope_intercept: float,
    ) -> None:
        self.classes = tuple(classes)
        self.rarity, self.weights, self.intercepts = rarity, weights, intercepts
        self.scope_weights, self.scope_intercept = scope_weights, scope_intercept

    @classmethod
    def learn(cls, examples: Iterable[Example]) -> "Language":
        """Fit the model to texts and the classes that they speak of, some of which start with ``NOTHING``."""
        return cls.of(*fitted(examples))

    @classmethod
    def of(cls, pipeline: "Pipeline", scope: "LogisticRegression") -> "Language":
        """Return what a fitted pipeline has learnt, and what tells that a text is out of scope, in the same terms."""
        model = pipeline.named_steps["sgdclassifier"]
        return cls(
            tuple(map(str, model.classes_)),
            pipeline.named_steps["tfidftransformer"].idf_.astype(np.float32),
            np.ascontiguousarray(model.coef_.T, np.float16),
            np.asarray(model.intercept_, np.float64),
            np.asarray(scope.coef_[0], np.float16),
            float(scope.intercept_[0]),
        )

    def hear(self, texts: Sequence[Sequence[str]]) -> Heard:
        """Return what some texts say, given by their stems; one at least."""
        found = terms_of_all(texts)
        places, columns = np.unique(found.places, return_inverse=True)
        cells = np.bincount(found.texts * places.size + columns, minlength=len(texts) * places.size)
        counts = cells.reshape(len(texts), -1)
        damped = np.zeros(counts.max(initial=0) + 1)  # by how often a term is said
        damped[1:] = np.log(np.arange(1, damped.size)) + 1.0
        values = damped[counts] * self.rarity[places]
        lengths = np.sqrt(np.einsum("ij,ij->i", values, values))
        values /= np.where(lengths > 0, lengths, 1.0)[:, np.newaxis]
        logits = values @ _doubles(self.weights[places]) + self.intercepts
        shares = 1.0 / (1.0 + np.exp(-logits))
        shares /= shares.sum(axis=1, keepdims=True)
        out_of_scope = values @ _doubles(self.scope_weights[places]) + self.scope_intercept
        n_first = int(found.texts.searchsorted(1))
        return Heard(shares, out_of_scope, places, values, columns[:n_first], found.words[:n_first])

    def brought(self, heard: Heard, n_words: int, subjects: NDArray[np.intp]) -> NDArray[np.float64]:
        """Return what each word of the first text brings to some classes, of shape (n_words, n_subjects)."""
        each = heard.values[0][:, np.newaxis] * _doubles(self.weights[heard.places[:, np.newaxis], subjects])
        each /= np.maximum(np.bincount(heard.columns, minlength=heard.places.size), 1)[:, np.newaxis]
        return summed(heard.words, each[heard.columns], n_words)


def _doubles(halves: NDArray[np.float16]) -> NDArray[np.float64]:
    """Return halves as doubles, looked up: numpy converts them one by one in software, three times as slowly."""
    found: NDArray[np.float64] = _DOUBLES.take(halves.view(np.uint16))
    return found


def summed(groups: NDArray[np.intp], rows: NDArray[np.float64], n_groups: int) -> NDArray[np.float64]:
    """Return the sums of rows of shape (n, k) by the group of each, in their order: of shape (n_groups, k)."""
    k = rows.shape[1]
    cells = groups[:, np.newaxis] * k + np.arange(k)
    found: NDArray[np.float64] = np.bincount(cells.ravel(), weights=rows.ravel(), minlength=n_groups * k)
    return found.reshape(n_groups, k)


def fitted(examples: Iterable[Example]) -> tuple["Pipeline", "LogisticRegression"]:
    """Return the pipeline of classes, and what tells from its terms that a text is out of scope; both fitted.

    Filler teaches the second nothing: it stands beside needs and beside what no scheme is for.
    """
    # Loaded when somebody learns: nobody who only reads waits for them.
    from sklearn.feature_extraction.text import HashingVectorizer, TfidfTransformer
    from sklearn.linear_model import LogisticRegression, SGDClassifier
    from sklearn.pipeline import make_pipeline

    texts, classes, weights, firsts = [], [], [], []
    for example in examples:
        for number, (subject, weight) in enumerate(example.subjects.items()):
            texts.append(example.text)
            classes.append(subject)
            weights.append(weight * example.share)
            firsts.append(example.share if number == 0 and subject != FILLER else 0.0)
    pipeline = make_pipeline(
        HashingVectorizer(analyzer=terms_of, n_features=N_PLACES, alternate_sign=False, norm=None, dtype=np.float32),
        TfidfTransformer(sublinear_tf=True),
        SGDClassifier(loss="log_loss", max_iter=EPOCHS, tol=None, n_jobs=-1),  # classes in threads: the same weights
    )
    terms = pipeline[:-1].fit_transform(texts)
    _fit_in_several_orders(pipeline[-1], terms, classes, np.array(weights))
    scope = LogisticRegression(C=STRENGTH, class_weight="balanced", solver="liblinear", random_state=SEED)
    rows = np.flatnonzero(firsts)  # each text once
    is_out = np.array([classes[row].startswith(NOTHING) for row in rows])
    scope.fit(terms[rows], is_out, sample_weight=np.array(firsts)[rows])
    return pipeline, scope


def _fit_in_several_orders(
    model: "SGDClassifier", terms: "csr_matrix", classes: list[str], weights: NDArray[np.float64]
) -> None:
    """Fit a linear model to the mean of what it learns from its examples in several orders.

    In one order alone, a few sentences more or less move a probability by 0.2 where nothing speaks of them.
    """
    fits = []
    for order, penalty in enumerate(PENALTIES):
        model.set_params(alpha=penalty, random_state=SEED + order).fit(terms, classes, sample_weight=weights)
        fits.append((model.coef_, model.intercept_))
    model.coef_, model.intercept_ = (np.mean(each, axis=0) for each in zip(*fits, strict=True))

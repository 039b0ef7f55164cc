"""What words cost: one firm over 5,000 schemes, ranked with and without a text of about 60 words, in one run.

    python -m benchmarks.words

It needs a database with the reference data. Our catalogue is repeated under other keys until there are 5,000 schemes.
Times are of the processor, medians: what else runs on the machine counts as little as it can.
"""

import os
from dataclasses import replace
from datetime import date
from statistics import median
from time import process_time

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "backend.config.settings")
django.setup()

import matching  # noqa: E402
from backend.matchmaking import engine  # noqa: E402
from backend.matchmaking.engine.needs import language_in_force, language_of, reader_of  # noqa: E402
from backend.matchmaking.evaluation.judgements import load_requests  # noqa: E402

N_SCHEMES = 5_000
N_RUNS = 7
DAY = date(2026, 11, 24)
FIRM = {"naf": "25.62B", "headcount": 32.0, "commune": "60159", "project.started": False}


def timed(work, n_runs=N_RUNS):
    """Return the median time of the processor for some work, in seconds, after one run that fills the caches."""
    work()
    times = []
    for _ in range(n_runs):
        start = process_time()
        work()
        times.append(process_time() - start)
    return median(times)


def examples_of(compiled, n_copies, keys):
    """Return what is said of thousands of schemes: of each of ours, under several keys."""
    said = list(compiled.examples())
    return [
        replace(example, subjects={f"{key}-{copy}": weight for key, weight in example.subjects.items()})
        for copy in range(n_copies)
        for example in said
        if keys.issuperset(f"{key}-{copy}" for key in example.subjects)
    ]


def main():
    compiled = engine.catalogue()
    n_copies = -(-N_SCHEMES // len(compiled.schemes))
    schemes = [replace(scheme, key=f"{scheme.key}-{copy}") for copy in range(n_copies) for scheme in compiled.schemes]
    schemes = schemes[:N_SCHEMES]
    examples = examples_of(compiled, n_copies, {scheme.key for scheme in schemes})
    start = process_time()
    centroids = matching.Centroids.learn(examples, language_of(language_in_force()))
    print(f"learnt from {len(examples):,} texts of schemes: {process_time() - start:8.2f} s")
    reader, weights = reader_of(language_in_force()), engine.active_weights()[1]
    profile, index = engine.profile(FIRM, on=DAY), matching.Index(schemes)
    texts = sorted((question.text for question in load_requests()), key=lambda text: abs(len(text.split()) - 60))[:20]

    def rank(wish, limit):
        return matching.rank(index, [profile], [wish], weights, limit=limit)[0]

    def read(text):
        return reader.read(text, centroids=centroids)

    ticked = matching.Wish({"numerique.robot": 1.0}, ticked=frozenset({"numerique.robot"}), stated=True)
    for limit in (None, 20):
        without = timed(lambda limit=limit: rank(ticked, limit))
        with_text = timed(lambda limit=limit: [rank(read(text), limit) for text in texts]) / len(texts)
        shown = "all" if limit is None else f"the {limit} best"
        print(f"one firm, {len(schemes):,} schemes, {shown}, no text:   {without * 1e3:8.2f} ms")
        print(
            f"one firm, {len(schemes):,} schemes, {shown}, 60 words:  {with_text * 1e3:8.2f} ms"
            f"  ({with_text / without:.2f} times)"
        )
    likeness = timed(lambda: [read(text) for text in texts]) / len(texts)
    within = timed(lambda: [reader.read(text) for text in texts]) / len(texts)
    print(f"understanding alone, 60 words:       {within * 1e3:8.3f} ms")
    print(f"… and likeness to {len(schemes):,} schemes:      {likeness * 1e3:8.3f} ms")
    every = [question.text for question in load_requests()] * 3
    longest = max((question.text for question in load_requests()), key=len) * 20
    print(f"understanding 5,000 characters:      {timed(lambda: reader.read(longest[:5000])) * 1e3:8.3f} ms")
    batch = timed(lambda: [reader.read(text) for text in every], n_runs=3) / len(every)
    print(f"100,000 texts of bosses, one core:   {batch * 1e5 / 60:8.1f} min")


if __name__ == "__main__":
    main()

"""One table of ratios in one run: the engine beside what else could do the same work, the same answers asserted.

    scripts/bench [--quick]

It ends with 1 where a ratio that must be reached is not. Times are of the processor (of the PostgreSQL server too),
medians of interleaved rounds; absolute times are for orientation.
"""

import argparse
import json
import platform
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from resource import RUSAGE_SELF, getrusage
from time import perf_counter, process_time

import django
import numpy as np
import psycopg

django.setup()

import matching  # noqa: E402
from benchmarks import batch, catalogue, percolation, single  # noqa: E402
from benchmarks.database import window_of  # noqa: E402
from benchmarks.single import LIMIT, WEIGHTS, Asked  # noqa: E402
from benchmarks.synthetic import DAY, SEED, Country, firms, profile, scheme, sheets  # noqa: E402
from benchmarks.timing import Clock, Table, race  # noqa: E402

N_SCHEMES = 5_000
LIKELY = 0.5  # probability of a need that is neither sure nor doubtful


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--quick", action="store_true", help="fewer firms and rounds, about a minute")
    quick = options.parse_args().quick
    table, clock, country = Table(), Clock(), Country()
    all_sheets = list(sheets(country, N_SCHEMES))
    schemes = [scheme(sheet) for sheet in all_sheets]
    rounds = 3 if quick else 7
    describe_machine(table)
    started = perf_counter()
    index = matching.Index(schemes)
    one_firm(table, clock, country, all_sheets, index, rounds, n_firms=20 if quick else 60)
    many_firms(table, clock, country, all_sheets, index, rounds, n_firms=2_000 if quick else 20_000)
    one_scheme(table, clock, country, all_sheets, rounds, n_firms=100_000 if quick else 1_000_000)
    the_index(table, clock, country, all_sheets, schemes, rounds)
    table.say("peak memory of this run", f"{getrusage(RUSAGE_SELF).ru_maxrss / 1024:,.0f} MB")
    table.say("whole run", f"{perf_counter() - started:.0f} s")
    print(f"{table.n_missed} missed" if table.n_missed else "all reached")
    return 1 if table.n_missed else 0


def describe_machine(table: Table) -> None:
    model = next((line.split(":")[1].strip() for line in Path("/proc/cpuinfo").read_text("utf-8").splitlines()
                  if line.startswith("model name")), platform.processor())  # fmt: skip
    table.say(
        f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, {model}, Python {platform.python_version()}",
        f"numpy {np.__version__}",
    )
    one, other = np.ones(20_000_000), np.ones(20_000_000)
    result = np.empty_like(one)
    best = min(_timed(lambda: np.copyto(result, one)) for _ in range(5))
    table.say("memory bandwidth, copy of 160 MB", f"{2 * one.nbytes / best / 1e9:.1f} GB/s")

    def triad() -> None:
        np.multiply(other, 3.0, out=result)
        np.add(one, result, out=result)

    best = min(_timed(triad) for _ in range(5))
    table.say("memory bandwidth, triad in two passes", f"{5 * one.nbytes / best / 1e9:.1f} GB/s")


def _timed(work: Callable[[], object]) -> float:
    start = process_time()
    work()
    return process_time() - start


def one_firm(table, clock, country, all_sheets, index, rounds, *, n_firms) -> None:
    """One firm → 20 best, explained; by plain Python, SQL and the ORM."""
    draw = Random(SEED)  # noqa: S311
    several = list(firms(country, n_firms))
    asked, profiles = [Asked(firm, country) for firm in several], [profile(firm, country) for firm in several]
    needs = [
        dict(zip(draw.sample(country.sub_needs, 4), draw.choices([0.4, 0.7, 1.0], k=4), strict=True)) for _ in several
    ]
    # One need is sure and the others likely: what is lifted for a second sure one, the other tools do not do.
    wishes = [
        matching.Wish(
            each, stated=True, ticked=frozenset([*each][:1]), probabilities=dict.fromkeys([*each][1:], LIKELY)
        )
        for each in needs
    ]
    connection = single.share_connection()
    connection.autocommit = True
    single.load_sheets(connection, all_sheets)
    clock.add_server(connection.info.backend_pid)
    cursor = psycopg.Cursor(connection)  # that of the ORM sends values as text

    def engine(limit=LIMIT):
        return [
            matching.rank(index, [one], [wish], WEIGHTS, limit=limit)[0].matches
            for one, wish in zip(profiles, wishes, strict=True)
        ]

    ways = {
        "engine": engine,
        "naive Python": lambda: [single.naive(all_sheets, one, wish) for one, wish in zip(asked, needs, strict=True)],
        "SQL": lambda: [single.by_sql(cursor, one, wish) for one, wish in zip(asked, needs, strict=True)],
        "Django ORM": lambda: [single.by_orm(one, wish) for one, wish in zip(asked, needs, strict=True)],
        "as JSON": lambda: [json.dumps(single.shown(found)) for found in engine()],
    }
    told = {name: way() for name, way in ways.items()}
    expected = told["naive Python"]
    assert [single.shown(found) for found in told["engine"]] == expected
    assert told["SQL"] == expected
    assert told["Django ORM"] == expected
    found = race(ways, clock=clock, rounds=rounds, pieces=dict.fromkeys(ways, n_firms))
    for name in ways:
        table.say(f"one firm, {len(all_sheets):,} schemes, {LIMIT} best: {name}", f"{found[name] * 1e6:,.0f} us")
    for slow, least in (("naive Python", 14), ("SQL", 30), ("Django ORM", 100)):
        table.ratio("one firm", found, slow, least)
    table.at_most("one firm, the answer as JSON", found["as JSON"] * 1e3, 2, " ms")


def many_firms(table, clock, country, all_sheets, index, rounds, *, n_firms) -> None:
    """Verdicts of a chunk of firms."""
    several = list(firms(country, n_firms))
    few = several[:200]
    engine, small = batch.Engine(index, several, country), batch.Engine(index, few, country)
    peers = {
        "DuckDB": batch.DuckDB(all_sheets, few, country),
        "OpenFisca": batch.OpenFisca(all_sheets, several[:2000], country),
    }
    assert peers["DuckDB"].counts() == small.counts()
    assert peers["OpenFisca"].counts() == batch.Engine(index, several[:2000], country).counts()
    ways = {
        "engine": engine.judge,
        "a tenth": batch.Engine(index, several[: n_firms // 10], country).judge,
        "classes never seen": lambda: batch.Engine(matching.Index(index.schemes), several, country).judge(),
        **{name: peer.judge for name, peer in peers.items()},
    }
    pieces = dict.fromkeys(ways, n_firms) | {"a tenth": n_firms // 10, "DuckDB": 200, "OpenFisca": min(2000, n_firms)}
    found = race(
        ways, clock=clock, rounds=min(rounds, 5), pieces={name: n * len(all_sheets) for name, n in pieces.items()}
    )
    for name in ways:
        table.say(f"{n_firms:,} firms x {len(all_sheets):,} schemes: {name}", f"{1e-9 / found[name]:,.3f} G pairs/s")
    table.ratio("verdicts", found, "OpenFisca", 60)
    table.ratio("verdicts", found, "DuckDB", 200)
    table.ratio("verdicts", found, "OpenFisca", 4, fast="classes never seen")
    table.at_most("growth for 10x firms", 10 * found.ratio("engine", "a tenth"), 11)


def one_scheme(table, clock, country, all_sheets, rounds, *, n_firms) -> None:
    """One scheme against very many firms."""
    several = list(firms(country, n_firms))
    asked = [sheet for sheet in all_sheets[:60] if window_of(sheet) >= 0]
    schemes = [scheme(sheet) for sheet in asked]
    connection = single.share_connection()
    engine = percolation.Engine(several, country)
    tenth = percolation.Engine(several[: n_firms // 10], country)
    peers = {
        "Polars": percolation.Polars(several, country),
        "pyroaring": percolation.Roaring(several, country),
        "PostgreSQL, 6 indexes": percolation.Postgres(several, country, connection),
    }
    for sheet, one in zip(asked, schemes, strict=True):
        expected = [np.sort(ids) for ids in engine.find(one)]
        for name, peer in peers.items():
            told = [np.sort(ids) for ids in peer.find(sheet)]
            assert all(np.array_equal(a, b) for a, b in zip(told, expected, strict=True)), (name, sheet)
    ways = {
        "engine": lambda: [engine.find(one) for one in schemes],
        "a tenth": lambda: [tenth.find(one) for one in schemes],
    }
    ways |= {name: (lambda peer=peer: [peer.find(sheet) for sheet in asked]) for name, peer in peers.items()}
    found = race(  # the servers work for seconds in between: whoever takes 20 ms in all would find its cache empty
        ways, clock=clock, rounds=min(rounds, 5), pieces=dict.fromkeys(ways, len(asked)), least=0.1
    )
    for name in ("engine", *peers):
        table.say(f"one scheme against {n_firms:,} firms: {name}", f"{found[name] * 1e3:,.2f} ms")
    table.ratio("one scheme", found, "PostgreSQL, 6 indexes", 8)
    table.at_most("growth for 10x firms", found.ratio("engine", "a tenth"), 11)


def the_index(table, clock, country, all_sheets, schemes, rounds) -> None:
    """The catalogue itself: build, change, memory, growth, text."""
    profiles = [profile(firm, country) for firm in firms(country, 20)]
    many = [scheme(sheet) for sheet in sheets(country, 10 * N_SCHEMES, SEED + 5)]
    sizes = {size: matching.Index(many[:size]) for size in (500, N_SCHEMES, 10 * N_SCHEMES)}
    texts = catalogue.Texts(many[:N_SCHEMES], 20)

    def ask(index: matching.Index) -> Callable[[], object]:
        return lambda: [matching.rank(index, [one], [matching.Wish()], WEIGHTS, limit=LIMIT) for one in profiles]

    ways = {
        "build": lambda: matching.Index(schemes), "build of 10x": lambda: matching.Index(many),
        "SQLite": lambda: catalogue.load_sqlite(all_sheets),
        "build with words": lambda: (matching.Index(schemes), texts.learn()),
        **{f"answer of {size}": ask(index) for size, index in sizes.items()},
        "text": lambda: texts.by_engine(sizes[N_SCHEMES], profiles[0]),
        "bm25s": texts.by_bm25, "scikit-learn": texts.by_sklearn,
    }  # fmt: skip
    pieces = dict.fromkeys(ways, 1) | {"text": 20, "bm25s": 20, "scikit-learn": 20}
    found = race(ways, clock=clock, rounds=min(rounds, 3), pieces=pieces)
    table.say("index of 5,000 schemes", f"{found['build'] * 1e3:,.0f} ms")
    table.say("SQLite load of the same, in memory", f"{found['SQLite'] * 1e3:,.0f} ms")
    table.say("the same with words", f"{found['build with words'] * 1e3:,.0f} ms")
    without, taken = catalogue.memory(schemes, profiles, texts)
    table.say("schemes: bytes each", f"{without:,.0f} B")
    table.at_most("schemes: bytes each, with words", taken, 2048, " B")
    table.at_most("growth of an answer, 500 to 5,000", found.ratio("answer of 5000", "answer of 500"), 3)
    table.at_most("growth of an answer, 5,000 to 50,000", found.ratio("answer of 50000", "answer of 5000"), 6)
    table.say("growth of a build for 10x schemes", f"{found.ratio('build of 10x', 'build'):,.2f}x")
    for name in ("text", "bm25s", "scikit-learn"):
        table.say(
            f"60 words: {'one firm, 20 best' if name == 'text' else name + ' alone'}", f"{found[name] * 1e6:,.0f} us"
        )


if __name__ == "__main__":
    assert DAY
    sys.exit(main())

"""POST /api/v1/match under load, as production serves it, beside two other endpoints (``benchmarks/by_orm.py``).

One asks the ORM in the place of the engine; one only reads the question and returns the bytes of its answer.

    scripts/load [--quick]

In a database of its own it puts 5,000 schemes in the place of ours (``benchmarks/published.py``), starts the site as
scripts/start does, once for each way, and lets 50 clients ask each in turn. Firms and needs are drawn as by
``benchmarks/synthetic.py``; all must answer 200, and the same schemes in the same order with the same points and
reasons. Ends with 1 where a goal is missed.
"""

import argparse
import json
import os
import secrets
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from io import StringIO
from statistics import median, quantiles
from typing import Any

os.environ |= {
    "DJANGO_SETTINGS_MODULE": "benchmarks.serving",
    "JONCTION_SECRET_KEY": secrets.token_hex(32),
    "JONCTION_ALLOWED_HOSTS": "127.0.0.1",
    "JONCTION_API_MATCH_RATE": "",  # another server counts
}

import django

django.setup()

from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402

import matching  # noqa: E402
from backend.api.exchange import Renderer  # noqa: E402
from backend.api.views.match import MatchView  # noqa: E402
from backend.matchmaking import answers, engine  # noqa: E402
from backend.matchmaking.match_codes import load_codes  # noqa: E402
from backend.matchmaking.match_input import read_record  # noqa: E402
from benchmarks import by_orm, shares, single  # noqa: E402
from benchmarks.crowd_of_clients import N_CLIENTS, post, send  # noqa: E402
from benchmarks.first_answer import ask  # noqa: E402
from benchmarks.published import publish  # noqa: E402
from benchmarks.questions import questions  # noqa: E402
from benchmarks.served import processor_seconds, serve, server_seconds  # noqa: E402
from benchmarks.synthetic import DAY, Country  # noqa: E402
from benchmarks.timing import Clock, Table, race  # noqa: E402

N_SCHEMES, N_QUESTIONS = 5_000, 200
N_WARM = 4  # times that each question is asked first: a worker gets half of them
ENGINE, ORM, FIXED = "engine", "Django ORM", "fixed bytes"
ADDRESSES = {ENGINE: "api/v1/match", ORM: by_orm.ADDRESS, FIXED: by_orm.FIXED_ADDRESS}
AROUND = "HTTP and Django"
# Functions as their callers name them. What a view of the API does beside them is the library's: parsing, serialising.
PARTS: dict[tuple[Any, str], str] = {
    (MatchView, "dispatch"): "REST framework: reading, checking, writing",
    (answers, "prepare"): "what is in force, and needs",
    (answers, "rank"): "matching",
    (answers, "explain_ranked"): "explaining",
    (answers, "open_questions"): "what to ask next",
    (Renderer, "render"): "JSON",
}


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--quick", action="store_true", help="fewer requests and rounds")
    options.add_argument("--schemes", type=int, default=N_SCHEMES)
    given = options.parse_args()
    n_passes = 1 if given.quick else 3
    table, country = Table(), Country()
    for command in ("migrate", "load_reference"):
        call_command(command, verbosity=0, stdout=StringIO())
    publish(country, given.schemes)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")  # as a database that has been in use for some time
    connection.close()
    bodies = [json.dumps(body).encode() for body in questions(country, N_QUESTIONS)]
    table.say(f"{given.schemes:,} schemes, {len(bodies) * n_passes} requests a round", f"{N_CLIENTS} clients")
    in_process(table, bodies, rounds=3 if given.quick else 5)
    over_http(table, bodies, rounds=3 if given.quick else 5, n_passes=n_passes)
    print(f"{table.n_missed} missed" if table.n_missed else "all reached")
    return 1 if table.n_missed else 0


# -- in this process


def in_process(table: Table, bodies: Sequence[bytes], *, rounds: int) -> None:
    """The parts of a request, and the matching part alone beside the ORM's."""
    table.say("time until the first answer of a process", f"{_seconds(lambda: ask(bodies[0])):.1f} s")
    start = time.process_time()
    for body in bodies[1:]:
        ask(body)
    each = (time.process_time() - start) / len(bodies[1:])
    table.say("a request of a firm from where none was seen before", f"{each * 1e3:,.2f} ms")
    some = bodies[-100:]
    counted, before = shares.Shares(), server_seconds()
    with counted.watch(PARTS):
        for body in some:
            with counted.count(AROUND):
                ask(body)
    counted.spent["PostgreSQL"] = int((server_seconds() - before) * 1e9)
    total = counted.spent.total()
    table.say("a request in one process, PostgreSQL included", f"{total / len(some) / 1e6:,.2f} ms")
    for part in (AROUND, *dict.fromkeys(PARTS.values()), "PostgreSQL"):
        table.say(f"  {part}", f"{100 * counted.spent[part] / total:.1f} %")

    asked = [answers.prepare(read_record(json.loads(body), load_codes(), on=DAY)) for body in some[:40]]
    profiles = [engine.profile(one.request.facts, on=DAY) for one in asked]
    index, weights = asked[0].compiled.index, engine.active_weights()[1]
    wishes = [matching.Wish(one.request.needs, stated=True, ticked=one.request.ticked) for one in asked]
    clock = Clock()
    clock.add_server(single.share_connection().info.backend_pid)

    ways = {
        ENGINE: lambda: [answers.rank(one) for one in asked],
        ORM: lambda: [by_orm.rank(one) for one in asked],
        "as JSON": lambda: [
            json.dumps(single.shown(matching.rank(index, [profile], [wish], weights, limit=single.LIMIT)[0].matches))
            for profile, wish in zip(profiles, wishes, strict=True)
        ],
    }
    found = race(ways, clock=clock, rounds=rounds, pieces=dict.fromkeys(ways, len(asked)))
    for name in (ENGINE, ORM):
        table.say(f"matching part alone: {name}", f"{found[name] * 1e3:,.2f} ms")
    table.ratio("matching part alone", found, ORM, 100)
    table.at_most("one firm, the 20 best as JSON", found["as JSON"] * 1e3, 2, " ms")


def _seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


# -- over HTTP


def over_http(table: Table, bodies: Sequence[bytes], *, rounds: int, n_passes: int) -> None:
    """The addresses in turn: throughput, waits, time of the processor."""
    with ExitStack() as servers:  # one each: what a process keeps of one way is not in the way of another
        ways = {name: servers.enter_context(serve()) for name in ADDRESSES}
        requests = {name: [post(address, body) for body in bodies] for name, address in ADDRESSES.items()}
        for name, (port, _) in ways.items():
            send(port, requests[name][:8], n_clients=1)
            send(port, requests[name] * N_WARM)
        told = {name: [*map(comparable, send(ways[name][0], requests[name][:60])[0])] for name in ways}
        assert told[ENGINE] == told[FIXED]
        assert all(map(agree, told[ENGINE], told[ORM]))
        rates: dict[str, list[float]] = {name: [] for name in ways}
        waits: dict[str, list[float]] = {name: [] for name in ways}
        spent: dict[str, list[Mapping[str, float]]] = {name: [] for name in ways}
        for _ in range(rounds):
            for name, (port, pid) in ways.items():
                before, start = processor_seconds(pid), time.perf_counter()
                _, seconds = send(port, requests[name] * n_passes)
                took, after = time.perf_counter() - start, processor_seconds(pid)
                rates[name].append(len(seconds) / took)
                waits[name] += seconds
                spent[name].append({who: (after[who] - before[who]) / len(seconds) for who in after})
    for name in ways:
        ends = quantiles(waits[name], n=20)
        table.say(f"{name}: requests a second", f"{median(rates[name]):,.1f}")
        wait = f"{ends[9] * 1e3:,.0f}; {ends[18] * 1e3:,.0f} ms"
        table.say(f"{name}: wait of a client, median; 95th percentile", wait)
        for who in spent[name][0]:
            each = median(one[who] for one in spent[name])
            table.say(f"{name}: processor of {who}, a request", f"{each * 1e3:,.2f} ms")
    faster = median(a / b for a, b in zip(rates[ENGINE], rates[ORM], strict=True))
    table.say("  requests a second: times Django ORM", f"{faster:,.2f}x", "at least 2x", faster >= 2)
    dearer = median(b / a for a, b in zip(rates[ENGINE], rates[FIXED], strict=True))
    table.at_most("a request: times fixed bytes", dearer, 5, "x")


def comparable(body: bytes) -> dict[str, Any]:
    """Return the matches of an answer by scheme, without what the other tools do not say: rank, need, no points."""
    found = {}
    for match in json.loads(body)["matches"]:
        match["score_parts"] = {name: points for name, points in match["score_parts"].items() if points}
        found[match["scheme"]] = {key: said for key, said in match.items() if key not in ("need", "rank")}
    return found


def agree(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Tell whether two answers say the same of the schemes that both list, most of them.

    Which of several needs have their best scheme among the first is a rule of ours that the other tools have not.
    """
    both = one.keys() & other.keys()
    return 2 * len(both) >= len(one) and all(one[key] == other[key] for key in both)


if __name__ == "__main__":
    sys.exit(main())

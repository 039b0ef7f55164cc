"""Forty officers at once, a page each ten seconds, as production serves them; and what ten times the files cost.

    scripts/load --desk [DUMP]

DUMP is a database with the files of ``load_demo``, as ``pg_dump -Fc`` writes it; without it 2,000 files are invented
first, which takes minutes. While officers read, somebody asks for a page of the layout alone: waits are compared with
its median in the same minutes. Ends with 1 where a goal is missed.
"""

import argparse
import asyncio
import os
import secrets
import subprocess
import sys
from collections.abc import Iterator, Sequence
from itertools import cycle, islice
from random import Random
from statistics import median, quantiles
from time import perf_counter

os.environ |= {
    "DJANGO_SETTINGS_MODULE": "benchmarks.serving",
    "JONCTION_SECRET_KEY": secrets.token_hex(32),
    "JONCTION_ALLOWED_HOSTS": "127.0.0.1",
    "JONCTION_DEMO": "1",  # its files are invented
}

import django

django.setup()

from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402

from backend.accounts.models import User  # noqa: E402
from backend.matchmaking.models import Submission  # noqa: E402
from benchmarks import copies, desk  # noqa: E402
from benchmarks.crowd_of_clients import exchange, get  # noqa: E402
from benchmarks.served import processor_seconds, serve  # noqa: E402
from benchmarks.timing import Table  # noqa: E402

N_FILES, N_OFFICERS, N_COPIES = 2_000, 40, 9
EACH_SECONDS, LAYOUT_SECONDS = 10.0, 0.5
FIRST_SECONDS = 150.0  # while each process meets its first firms
FILES_EACH = 12  # that an officer opens, in turn with the lists
MOST_TIMES, MOST_GROWTH = 5, 1.3


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("dump", nargs="?", help="of a database with files; without it they are invented")
    options.add_argument("--minutes", type=float, default=3.0)
    given = options.parse_args()
    if given.dump:
        restore = ["pg_restore", "--no-owner", "--no-acl", "--dbname", os.environ["DATABASE_URL"], given.dump]
        subprocess.run(restore, check=True)  # noqa: S603
    call_command("migrate", verbosity=0)
    call_command("load_reference", verbosity=0)  # of a dump too: it may be of another release
    if not given.dump:
        call_command("load_demo", files=N_FILES)
    table = Table()
    say_waits(table, minutes=given.minutes)
    before = file_page_seconds()
    copies.main(N_COPIES)
    after = file_page_seconds()
    table.say(f"a file page, of {Submission.objects.count():,} files", f"{1000 * after:,.1f} ms")
    table.at_most("growth of a file page for 10x files", after / before, MOST_GROWTH)
    print(f"{table.n_missed} missed" if table.n_missed else "all reached")
    return 1 if table.n_missed else 0


def officers() -> list[User]:
    """Return who may open files, among the accounts of the demonstration."""
    return [user for user in User.objects.order_by("pk") if Submission.objects.visible_to(user).exists()]


def say_waits(table: Table, *, minutes: float) -> None:
    """Let officers read; say how long they waited, beside who asks for the layout alone in the same minutes."""
    accounts = list(islice(cycle(officers()), N_OFFICERS))
    ways = [list(requests_of(user, Random(number))) for number, user in enumerate(accounts)]  # noqa: S311
    layout = get(desk.LAYOUT, desk.signed_in(accounts[0]))
    connection.close()
    with serve() as (port, pid):
        asyncio.run(crowd(port, ways, layout, seconds=FIRST_SECONDS))
        start = processor_seconds(pid)
        lists, files, layouts = asyncio.run(crowd(port, ways, layout, seconds=60 * minutes))
        spent = {who: took - start[who] for who, took in processor_seconds(pid).items()}
    table.say(
        f"{Submission.objects.count():,} files, {N_OFFICERS} officers, {len(lists + files)} pages",
        f"{minutes:g} minutes",
    )
    table.say(
        "processor of server and PostgreSQL", f"{100 * (spent['server'] + spent['PostgreSQL']) / 60 / minutes:,.0f} %"
    )
    for what, waits in (("lists", lists), ("files", files), ("the layout alone", layouts), ("all", lists + files)):
        ends = quantiles(waits, n=20)
        table.say(f"{what}: median; 95th percentile", f"{1000 * ends[9]:,.1f}; {1000 * ends[18]:,.1f} ms")
    table.at_most("95th percentile: times the layout", ends[18] / median(layouts), MOST_TIMES)


def requests_of(user: User, draw: Random) -> Iterator[bytes]:
    """Yield what an officer asks for: a list, then a file of theirs, over and over."""
    cookie = desk.signed_in(user)
    keys = list(Submission.objects.visible_to(user).still_open().order_by("-filed_at").values_list("pk", flat=True))
    for key in draw.sample(keys, min(FILES_EACH, len(keys))):
        yield get(draw.choice(desk.LISTS), cookie)
        yield get(f"/agent/{key}/", cookie)


async def crowd(
    port: int, ways: Sequence[Sequence[bytes]], layout: bytes, *, seconds: float
) -> tuple[list[float], list[float], list[float]]:
    """Return the seconds that lists, files and the layout took from the moment each was due."""
    lists, files, layouts = list[float](), list[float](), list[float]()
    draw = Random(1)  # noqa: S311
    async with asyncio.TaskGroup() as group:
        for requests in ways:
            first = draw.uniform(0, EACH_SECONDS)
            group.create_task(ask_each(port, requests, first, EACH_SECONDS, seconds, lists, files))
        group.create_task(ask_each(port, [layout], 0.0, LAYOUT_SECONDS, seconds, layouts))
    return lists, files, layouts


async def ask_each(
    port: int, requests: Sequence[bytes], first: float, every: float, seconds: float, *waits: list[float]
) -> None:
    """Ask for pages one after the other; each of ``waits`` gets the seconds of every so many, in turn."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=2**22)
    start = perf_counter()
    for number, request in enumerate(cycle(requests)):
        due = first + number * every
        if due >= seconds:
            break
        await asyncio.sleep(max(0.0, start + due - perf_counter()))
        await exchange(reader, writer, request)
        waits[number % len(waits)].append(perf_counter() - start - due)
    writer.close()


def file_page_seconds() -> float:
    """Return the processor time of file pages of some officers, PostgreSQL included: their median."""
    seconds = []
    for user in officers()[:4]:
        cookie = desk.signed_in(user)
        for file in Submission.objects.visible_to(user).filter(pk__lt=copies.STEP).still_open().order_by("-pk")[:4]:
            _layout, cost, _n, _body = desk.measured(f"/agent/{file.pk}/?etat=tous", cookie)
            seconds.append(sum(cost))
    return median(seconds)


if __name__ == "__main__":
    sys.exit(main())

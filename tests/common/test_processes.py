"""Work shared by processes, asked for by a process of its own: that of the tests has threads, and is not copied."""

import json
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parents[2]
BEGIN = """
import json, os, signal, time
import django
django.setup()
from django.db import connection
from backend.common.processes import ProcessLost, in_order
"""


def asking(program: str) -> subprocess.Popen[str]:
    arguments = [sys.executable, "-c", BEGIN + program]
    return subprocess.Popen(arguments, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def said(program: str) -> list[object]:
    output, errors = asking(program).communicate(timeout=60)
    assert not errors
    return [json.loads(line) for line in output.splitlines()]


def test_results_come_in_the_order_of_the_items_and_few_are_read_ahead() -> None:
    order, processes, most = said("""
read = []
def items():
    for number in range(12):
        read.append(number)
        yield number
def work(number):
    time.sleep(0.02 * (number % 3))
    return number, os.getpid()
results, ahead = [], 0
for number, pid in in_order(work, items(), processes=2):
    ahead = max(ahead, len(read) - len(results))
    results.append((number, pid))
print(json.dumps([number for number, _ in results]))
print(len({pid for _, pid in results} - {os.getpid()}))
print(ahead)
""")
    assert order == [*range(12)]
    assert processes == 2
    assert most == 5


def test_what_one_process_can_do_copies_nothing_and_errors_and_connections_are_of_each() -> None:
    alone, error, lost, servers, before, after = said("""
here = os.getpid()
print(json.dumps([[pid == here for pid in in_order(lambda _: os.getpid(), items, processes=processes)]
                  for items, processes in (([1], 2), ([1, 2, 3], 1), ([], 2))]))
def fail(item):
    raise ValueError(item)
def die(item):
    os.kill(os.getpid(), signal.SIGKILL)
for work, error in ((fail, ValueError), (die, ProcessLost)):
    try:
        [*in_order(work, [1, 2, 3], processes=2)]
    except error as raised:
        print(json.dumps(type(raised).__name__))
def backend(item):
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid(), pg_sleep(0.05)")
        return cursor.fetchone()[0]
before = backend(0)
print(json.dumps([*in_order(backend, range(6), processes=2)]))
print(before)
print(backend(0))
""")
    assert alone == [[True], [True] * 3, []]
    assert (error, lost) == ("ValueError", "ProcessLost")
    assert isinstance(servers, list)
    assert len({*servers}) == 2
    assert before == after
    assert before not in servers


def test_none_outlives_the_one_that_asked() -> None:
    process = asking("""
def work(item):
    os.write(1, b"%d\\n" % os.getpid())  # at once: two write to one pipe
    time.sleep(60)
[*in_order(work, [1, 2, 3], processes=2)]
""")
    assert process.stdout is not None
    workers = [int(process.stdout.readline()) for _ in range(2)]
    process.kill()
    process.communicate()
    deadline = time.monotonic() + 20
    while any(Path(f"/proc/{pid}").exists() for pid in workers):
        assert time.monotonic() < deadline
        time.sleep(0.05)

import os
import socket
from dataclasses import replace

import pytest

from tests.tasks.crash import kernel
from tests.tasks.crash.report import ANSWER, SHORT, Arrivals, Dead, Doubled, Forced, Report
from tests.tasks.crash.run import run_crash

FORCED = Forced(message_id="<a@jonction.example>", unread=ANSWER, is_claim_left=True, extras=1)
HOLDS = Report(
    plan=SHORT,
    arrivals=Arrivals(owed=200, received=210, missing=0, strangers=0, changed=0),
    sigkills=SHORT.sigkills,
    senders_killed=14,
    claims_cut=14,
    forced=(FORCED,) * SHORT.rounds,
    doubled=Doubled(ticks=(2, 2), twice=20, received=20, extras=0),
    dead=Dead(addresses=20, put_off=10, known=20, others=0, with_a_task=20, tasks=20),
    beats_killed=2,
    flushed=(100, 100),
    connections_cut=4,
    extras_of_cut=0,
    seconds=30,
    seconds_of_sending=20,
)


@pytest.mark.slow
def test_nothing_is_lost_when_workers_are_killed_and_redis_is_emptied(loaded_database, tmp_path):
    """What of it one process can show is in tests/notifications: claims, leases, what has left and what comes back."""
    report = run_crash(200, SHORT, folder=tmp_path, copied=loaded_database)
    assert not report.faults, report


def test_a_report_without_fault_says_that_all_holds():
    assert not HOLDS.faults
    assert str(HOLDS).endswith("holds")


@pytest.mark.parametrize(
    "change",
    [
        {"arrivals": replace(HOLDS.arrivals, missing=1)},
        {"arrivals": replace(HOLDS.arrivals, strangers=1)},
        {"arrivals": replace(HOLDS.arrivals, changed=1)},
        {"arrivals": replace(HOLDS.arrivals, received=215)},
        {"sigkills": SHORT.sigkills - 1},
        {"forced": HOLDS.forced[1:]},
        {"forced": (replace(FORCED, extras=0), *HOLDS.forced[1:])},
        {"forced": (replace(FORCED, extras=2), *HOLDS.forced[1:])},
        {"forced": (replace(FORCED, is_claim_left=False), *HOLDS.forced[1:])},
        {"forced": (replace(FORCED, unread=0), *HOLDS.forced[1:])},
        {"doubled": replace(HOLDS.doubled, extras=1)},
        {"doubled": replace(HOLDS.doubled, ticks=(2, 0))},
        {"doubled": replace(HOLDS.doubled, twice=0)},
        {"flushed": (100, 0)},
        {"dead": replace(HOLDS.dead, known=19)},
        {"dead": replace(HOLDS.dead, with_a_task=19, tasks=19)},
        {"dead": replace(HOLDS.dead, tasks=21)},
        {"dead": replace(HOLDS.dead, others=1)},
        {"dead": replace(HOLDS.dead, put_off=0)},
        {"connections_cut": 0},
        {"extras_of_cut": 1},
    ],
    ids=str,
)
def test_a_report_says_the_one_thing_that_does_not_hold(change):
    report = replace(HOLDS, **change)
    [fault] = report.faults
    assert str(report).endswith(fault)


def test_arrivals_tell_missing_strange_and_changed_copies_from_extra_ones():
    owed = {"<a>": ("a@x.example", "A"), "<b>": ("b@x.example", "B"), "<c>": ("c@x.example", "C")}
    received = [("<a>", owed["<a>"]), ("<a>", owed["<a>"]), ("<b>", ("a@x.example", "B")), ("<z>", ("", ""))]
    arrivals = Arrivals.count(received, owed)
    assert arrivals == Arrivals(owed=3, received=4, missing=1, strangers=1, changed=1)
    assert (arrivals.distinct, arrivals.extras) == (2, 1)


def test_the_kernel_tells_whose_socket_it_is_and_what_its_owner_has_not_read():
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        socket.create_connection(server.getsockname()) as ours,
        server.accept()[0] as theirs,
    ):
        theirs.sendall(b"250 OK\r\n")
        found = kernel.socket_at(ours.getsockname()[1], peer_port=server.getsockname()[1])
        assert found.unread == ANSWER
        assert kernel.owner(found, among=[os.getppid(), os.getpid()]) == os.getpid()
        ours.recv(ANSWER)
        assert kernel.socket_at(ours.getsockname()[1], peer_port=server.getsockname()[1]).unread == 0

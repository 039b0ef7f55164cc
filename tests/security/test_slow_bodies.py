"""The server as ``./run`` starts it, without a proxy: bodies that come slowly or are too large, and what it logs."""

import json
import os
import re
import signal
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from urllib.error import HTTPError

import pytest

from tests.security.site import ROOT, Site, read_all, served

# The server is another process: it sees no row of these tests, only their database, which is made because they say so.
pytestmark = [pytest.mark.django_db, pytest.mark.alone("the site is another process and sees what is committed only")]
QUESTION = json.dumps({"commune": "60159", "needs": ["competences.recruter"], "on": "2026-11-24"}).encode()
MB = 1_000_000
QUIET_SECONDS = 2  # what a site that no slow body keeps waiting takes to answer, on a machine that does nothing else
FULL_SECONDS = 20  # what a request has where no option says less


@pytest.fixture
def serve(django_db_setup, tmp_path) -> Iterator[Callable[..., Site]]:
    """Return a function that starts a site of the test's own, with options of scripts/start web."""
    with ExitStack() as started:
        yield lambda *options: started.enter_context(served(tmp_path / "site.log", *options))


@pytest.fixture(scope="module")
def site(django_db_setup, tmp_path_factory) -> Iterator[Site]:
    """A site that tests share; the first request of each process, which loads the rest of it, is over."""
    with served(tmp_path_factory.mktemp("site") / "site.log") as started:
        for _ in range(8):
            started.get("/mentions-legales/")
        yield started


def head(path: str, *headers: str) -> bytes:
    lines = [f"POST {path} HTTP/1.1", "Host: 127.0.0.1", "Content-Type: application/json", *headers]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def ask(site: Site) -> int:
    """Ask an honest question; return the status."""
    with site.connect() as link:
        link.sendall(head("/api/v1/match", f"Content-Length: {len(QUESTION)}", "Connection: close") + QUESTION)
        return int(read_all(link).split()[1])


def bytes_written(pid: int) -> int:
    """Return how many bytes a process has written, wherever: to files, temporary ones included, and to sockets."""
    return int(re.search(r"wchar: (\d+)", Path(f"/proc/{pid}/io").read_text())[1])


def open_files(pid: int) -> list[str]:
    """Return what a process has open; what it closes meanwhile is left out."""
    found = []
    for link in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(FileNotFoundError):
            found.append(os.readlink(link))
    return found


def test_run_and_the_image_start_the_same_server():
    assert "start web scripts/start web" in (ROOT / "run").read_text()
    assert 'CMD ["scripts/start", "web"]' in (ROOT / "Dockerfile").read_text()
    assert '-m backend.config.server "$bind" "$port" "$@"' in (ROOT / "scripts" / "start").read_text()


@pytest.mark.cases(1)
@pytest.mark.parametrize("n", [50, 8])
@pytest.mark.parametrize("framing", ["Content-Length: 100000", "Transfer-Encoding: chunked"])
def test_slow_bodies_keep_nobody_waiting(site, n, framing):
    for _ in range(8):  # the first questions of each process load the catalogue
        assert ask(site) == 200
    with ExitStack() as links:
        before = max(site.get("/healthz")[1] for _ in range(5))  # a busy machine is slow without them too
        slow = [links.enter_context(site.connect()) for _ in range(n)]
        for link in slow:
            link.sendall(head("/api/v1/match", framing))
        end = time.monotonic() + 3
        while time.monotonic() < end:
            for link in slow:
                link.sendall(b"1\r\nx\r\n" if "chunked" in framing else b"x")
            status, seconds = site.get("/healthz")
            assert (status, seconds < max(QUIET_SECONDS, 10 * before)) == (200, True), (seconds, before)
            assert ask(site) == 200
        for link in slow:  # all are still being read: they were not just refused
            link.setblocking(False)
            with pytest.raises(BlockingIOError):
                link.recv(1)


def test_the_site_as_it_is_served_logs_no_link(site):
    token = "lien-AbCdEfGhIjKlMnOpQrStUvWx"
    for path in (f"/resultat/{token}/", "/confirmer/coupe-dans-le-courriel/", f"/nulle-part/?token={token}"):
        with pytest.raises(HTTPError, match="404"):
            site.get(path)
    with site.connect() as link:  # a form without its cookie
        link.sendall(f"POST /acces/{token}/ HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n".encode())
        assert " 403 " in read_all(link).splitlines()[0]
    said = site.log.read_text()
    for logged in ("Not Found: /resultat/[lien]/", "Not Found: /confirmer/[lien]/", "/acces/[lien]/"):
        assert logged in said
    assert "AbCdEfGh" not in said
    assert "coupe-dans" not in said


@pytest.fixture(scope="module")
def hurried(django_db_setup, tmp_path_factory) -> Iterator[Site]:
    """A site that gives a request two seconds."""
    with served(tmp_path_factory.mktemp("site") / "site.log", "--request-seconds", "2") as started:
        yield started


@pytest.mark.cases(1)
@pytest.mark.parametrize("framing", ["Content-Length: 100000", "Transfer-Encoding: chunked"])
def test_a_body_that_trickles_is_refused_when_its_time_is_over(hurried, framing):
    with hurried.connect() as link:
        began = time.monotonic()
        link.sendall(head("/api/v1/match", framing))
        received = b""
        link.settimeout(0.2)
        while not received and time.monotonic() < began + FULL_SECONDS:
            link.sendall(b"1\r\nx\r\n" if "chunked" in framing else b"x")  # never idle
            with suppress(TimeoutError):
                received = link.recv(65_536)
        took = time.monotonic() - began
        link.settimeout(10)
        answer = received.decode() + read_all(link)
    assert 2 <= took < FULL_SECONDS
    assert answer.startswith("HTTP/1.1 408 ")
    problem = json.loads(answer.partition("\r\n\r\n")[2])
    assert problem["detail"].startswith(
        "Rien n’a été pris : votre envoi n’était pas arrivé en entier après 2 secondes"
    )


def test_headers_that_trickle_are_cut_off_too(hurried):
    with hurried.connect() as link:
        began = time.monotonic()
        link.sendall(b"GET / HTTP/1.1\r\n")
        link.settimeout(0.2)
        answer = b""
        while not answer and time.monotonic() < began + FULL_SECONDS:
            with suppress(TimeoutError):
                link.sendall(b"X-A: b\r\n")
                answer = link.recv(1024)
    assert time.monotonic() - began < FULL_SECONDS
    assert b" 408 " in answer


def test_the_time_that_a_request_has_is_twenty_seconds():
    from backend.config import server

    assert server.REQUEST_SECONDS == FULL_SECONDS


@pytest.mark.parametrize("path", ["/api/v1/match", "/demande/besoin/"])
@pytest.mark.parametrize("framing", [f"Content-Length: {200 * MB}", "Transfer-Encoding: chunked"])
def test_two_hundred_megabytes_are_refused_before_they_reach_the_disk(site, framing, path):
    before = {pid: bytes_written(pid) for pid in site.processes}
    piece = b"x" * 65_536
    if "chunked" in framing:
        piece = b"10000\r\n" + piece + b"\r\n"
    with site.connect() as link:
        link.sendall(head(path, framing))
        with suppress(ConnectionError):
            for _ in range(200 * MB // 65_536):
                link.sendall(piece)
        answer = read_all(link)
    assert answer.startswith("HTTP/1.1 413 ")
    assert "accepté : 262144 au plus" in answer
    if "chunked" not in framing:
        assert "vous envoyez 200000000 octets" in answer
    content_type = "application/problem+json" if path.startswith("/api/") else "text/plain; charset=utf-8"
    assert f"Content-Type: {content_type}" in answer
    assert sum(bytes_written(pid) - before[pid] for pid in before) < 100_000
    for pid in before:
        assert not [link for link in open_files(pid) if "(deleted)" in link]
    assert site.get("/healthz")[0] == 200


def test_who_asks_before_sending_hears_the_refusal_and_nothing_else(site):
    with site.connect() as link:
        link.sendall(head("/api/v1/match", f"Content-Length: {200 * MB}", "Expect: 100-continue"))
        answer = read_all(link)
    assert answer.startswith("HTTP/1.1 413 ")
    assert "100 Continue" not in answer


def test_the_largest_body_that_is_accepted_reaches_the_site(site):
    body = QUESTION + b" " * (262_144 - len(QUESTION))
    with site.connect() as link:
        link.sendall(head("/api/v1/match", f"Content-Length: {len(body)}", "Connection: close") + body)
        assert read_all(link).startswith("HTTP/1.1 200 ")


def test_two_processes_serve_and_one_that_dies_is_replaced(hurried):
    site = hurried
    first = site.processes
    assert len(first) == 2
    os.kill(first[0], signal.SIGKILL)
    deadline = time.monotonic() + 20
    while len(set(site.processes) - {first[0]}) < 2:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert "another takes its place" in site.log.read_text()


@pytest.mark.slow  # tests/deploy/test_stop.py has a process that stops at once
def test_told_to_stop_it_answers_what_is_in_hand_and_leaves_nobody_behind(serve):
    site = serve()
    pids = site.processes
    with site.connect() as link:
        link.sendall(head("/api/v1/match", f"Content-Length: {len(QUESTION)}") + QUESTION[:-1])
        time.sleep(0.5)
        site.process.send_signal(signal.SIGTERM)
        time.sleep(1.5)
        with pytest.raises(ConnectionRefusedError), socket.create_connection(("127.0.0.1", site.port), timeout=2):
            pass
        link.sendall(QUESTION[-1:])
        assert link.recv(65_536).startswith(b"HTTP/1.1 200 ")
    assert site.process.wait(20) == 0
    assert not any(Path(f"/proc/{pid}").exists() for pid in pids)


def test_a_site_that_cannot_be_loaded_says_so_and_ends(monkeypatch, serve):
    monkeypatch.setenv("JONCTION_DAY", "not a day")
    with pytest.raises(AssertionError, match="is not a day"):
        serve()

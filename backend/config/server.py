"""The web server: waitress, in as many processes as told, each listening on the same port.

    python -m backend.config.server HOST PORT [--processes 2] [--threads 4]

One thread of a process reads all its requests, whole, before a request thread sees them: a body that comes slowly
keeps no thread, and one that is too large is refused before anything of it is kept (docs/adr/0023).
"""

import argparse
import gc
import json
import logging
import os
import signal
import socket
import sys
import time
from collections.abc import Callable
from functools import partial
from importlib import import_module
from typing import Any, NoReturn

from waitress.adjustments import Adjustments
from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser
from waitress.server import TcpWSGIServer
from waitress.task import ErrorTask
from waitress.utilities import BadRequest, RequestEntityTooLarge, RequestHeaderFieldsTooLarge
from waitress.wasyncore import loop

from backend.common.data_stack import with_room

MAX_HEADER_BYTES = 32_768
REQUEST_SECONDS = 20  # from its first byte to its last, however it is sent
IDLE_SECONDS = 65  # of a connection with nothing in hand: more than the 60 for which nginx keeps one
LINGER_SECONDS = 5  # how long what a refused client still sends is read and dropped, so that it reads the refusal
STOP_SECONDS = 30  # for the requests in hand, once told to stop
CONNECTIONS = 500  # of a process; each may hold one body in memory
BOOT_FAILED = 3  # exit code of a process that could not load the site: starting it again would not help
RESTART_SECONDS = 1
SIGNALS = (signal.SIGTERM, signal.SIGINT)

logger = logging.getLogger(__name__)


class RequestTimeout(BadRequest):  # type: ignore[misc]
    code = 408
    reason = "Request Timeout"


class Refusal(ErrorTask):  # type: ignore[misc]
    """A request that Django never sees, refused with a sentence; as RFC 9457 wants it under ``/api/``."""

    def execute(self) -> None:
        error = self.request.error
        self.channel.refused = True
        title, text = self._say(error)
        if getattr(self.request, "path", "").startswith("/api/"):
            kind = "corps-trop-grand" if error.code == RequestEntityTooLarge.code else "requete-illisible"
            problem = {
                "type": f"/api/#{kind}", "title": title, "status": error.code, "detail": text,
                "instance": self.request.path, "errors": [],
            }  # fmt: skip
            body, content_type = json.dumps(problem, ensure_ascii=False), "application/problem+json"
        else:
            body, content_type = f"{title}\n\n{text}\n", "text/plain; charset=utf-8"
        self.status = f"{error.code} {error.reason}"
        self.response_headers += [
            ("Content-Type", content_type),
            ("Cache-Control", "no-store"),
            ("X-Content-Type-Options", "nosniff"),
        ]
        self.set_close_on_finish()
        content = body.encode()
        self.content_length = len(content)
        self.write(content)

    def _say(self, error: Any) -> tuple[str, str]:
        if isinstance(error, RequestEntityTooLarge):
            most = self.channel.adj.max_request_body_size - 1
            given = self.request.content_length or f"plus de {most}"
            return "Envoi trop grand", (
                f"Rien n’a été pris : vous envoyez {given} octets ; accepté : {most} au plus."
                " Revenez en arrière pour retrouver ce que vous avez tapé, et raccourcissez-le."
            )
        if isinstance(error, RequestTimeout):
            return "Envoi trop lent", (
                f"Rien n’a été pris : votre envoi n’était pas arrivé en entier après {self.channel.server.seconds:g}"
                " secondes."
                " Revenez en arrière et envoyez-le de nouveau."
            )
        if isinstance(error, RequestHeaderFieldsTooLarge):
            return "Requête trop longue", (
                f"L’adresse et les en-têtes dépassent {MAX_HEADER_BYTES} octets."
                " Effacez les cookies de ce site, puis réessayez."
            )
        return "Requête illisible", "Votre requête ne peut pas être lue : elle ne suit pas HTTP."


class Parser(HTTPRequestParser):  # type: ignore[misc]
    def received(self, data: bytes) -> int:
        consumed: int = super().received(data)
        if self.error:
            self.expect_continue = False  # else waitress asks for the body that it has just refused
        return consumed


class Channel(HTTPChannel):  # type: ignore[misc]
    """A connection whose requests must be whole in time, and which hears why one was refused before it is closed."""

    parser_class = Parser
    error_task_class = Refusal

    request: Any
    will_close: bool
    refused = False
    _request_began: float | None = None
    _lingers_until: float | None = None

    def received(self, data: bytes) -> bool:
        done: bool = super().received(data)
        with self.requests_lock:
            if self.request is None:
                self._request_began = None
            elif self._request_began is None:
                self._request_began = time.monotonic()
        return done

    def enforce_deadlines(self) -> None:
        """Called every second by the thread that reads."""
        now = time.monotonic()
        if self._lingers_until is not None:
            self.will_close = self.will_close or now > self._lingers_until
        elif not self.requests and self._request_began is not None and now - self._request_began > self.server.seconds:
            self._refuse_late()

    def _refuse_late(self) -> None:
        with self.requests_lock:
            request, self.request, self._request_began = self.request, None, None
            request.error, request.completed = RequestTimeout(""), True
            self.requests.append(request)
        self.server.add_task(self)

    def readable(self) -> bool:
        return self._lingers_until is not None or bool(super().readable())

    def writable(self) -> bool:
        return bool(self.will_close if self._lingers_until is not None else super().writable())

    def handle_read(self) -> None:
        if self._lingers_until is None:
            super().handle_read()
        elif not self.recv(65_536):
            self.handle_close()

    def handle_write(self) -> None:
        if not (self.refused and self.close_when_flushed) or self.will_close:
            super().handle_write()
            return
        self._flush_exception(self._flush_some)
        if not self.total_outbufs_len and not self.will_close:
            # To close while the client is still sending would reset the connection, refusal included.
            self.socket.shutdown(socket.SHUT_WR)
            self._lingers_until = time.monotonic() + LINGER_SECONDS


class Server(TcpWSGIServer):  # type: ignore[misc]
    channel_class = Channel
    seconds: float = REQUEST_SECONDS
    _stop_at: float | None = None

    def maintenance(self, now: float) -> None:
        super().maintenance(now)
        for channel in list(self.active_channels.values()):
            channel.enforce_deadlines()

    def stop(self) -> None:
        """Accept nothing more; ``run`` returns once what is in hand is answered."""
        self._stop_at = time.monotonic() + STOP_SECONDS
        self.pull_trigger()

    def run(self) -> None:
        parent = os.getppid()
        while self._stop_at is None:
            loop(timeout=1, use_poll=True, map=self._map, count=1)
            if os.getppid() != parent:  # it was killed: nobody else would tell us
                self.stop()
        self.del_channel()
        self.socket.close()
        while time.monotonic() < self._stop_at and any(map(_is_busy, list(self.active_channels.values()))):
            self.maintenance(time.time())
            loop(timeout=0.2, use_poll=True, map=self._map, count=1)
        self.task_dispatcher.shutdown(timeout=1)


def _is_busy(channel: Channel) -> bool:
    return bool(channel.requests or channel.request is not None or channel.total_outbufs_len)


def serve(host: str, port: int, *, threads: int, seconds: float) -> None:
    """Be one process of the site, until told to stop."""
    from django.conf import settings

    from backend.common.processes import spare_what_is_loaded
    from backend.config.wsgi import application

    read_ahead()
    gc.collect()
    spare_what_is_loaded()
    listener = socket.create_server(
        (host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET, backlog=1024, reuse_port=True
    )
    most = settings.DATA_UPLOAD_MAX_MEMORY_SIZE + 1  # waitress refuses from there on
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)  # it would say so of every request that waits
    server = Server(
        with_room(application),  # 8 to 10 % of a page's processor time (docs/adr/0056)
        _sock=listener,
        sockinfo=(listener.family, listener.type, listener.proto, listener.getsockname()),
        bind_socket=False,
        adj=Adjustments(
            sockets=[listener],
            threads=threads,
            ident="",
            clear_untrusted_proxy_headers=False,  # Django reads them, as JONCTION_PROXIES tells it
            max_request_header_size=MAX_HEADER_BYTES,
            max_request_body_size=most,
            inbuf_overflow=2 * most,  # memory only: waitress writes what it reads before it counts it
            connection_limit=CONNECTIONS,
            channel_timeout=IDLE_SECONDS,
            cleanup_interval=1,
            log_socket_errors=False,
        ),
    )
    server.seconds = seconds
    signal.signal(signal.SIGTERM, lambda *_: server.stop())
    server.run()


def read_ahead() -> None:
    """Import the pages, compile their templates and the catalogue, read the published sheets.

    Else the first page of each process takes 0.8 s more, and the first files twice their time.
    """
    from django.conf import settings
    from django.core.exceptions import ObjectDoesNotExist
    from django.db import DatabaseError, connection
    from django.template.loader import get_template

    from backend.matchmaking import condition_views, engine

    import_module(settings.ROOT_URLCONF)
    for path in (settings.BASE_DIR / "backend" / "web" / "templates").rglob("*.html"):
        get_template(str(path).partition("/templates/")[2])
    try:
        engine.in_force()
        condition_views.read_ahead()
    except (DatabaseError, ObjectDoesNotExist):  # away, or nothing loaded yet: pages read what they show
        logger.warning("The published sheets are not read ahead: the database does not answer, or holds none")
    finally:
        connection.close()


def supervise(be_child: Callable[[], None], *, processes: int) -> int:
    """Keep so many processes alive until told to stop; return the exit code."""
    children: set[int] = set()
    stopping = False

    def stop(*_: Any) -> None:
        nonlocal stopping
        stopping = True
        for pid in children:
            os.kill(pid, signal.SIGTERM)

    def start() -> None:
        # Between the fork and the moment its number is known, a signal would be lost for the child.
        signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
        pid = os.fork()
        if pid:
            children.add(pid)
        else:
            _run_child(be_child)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)

    for number in SIGNALS:
        signal.signal(number, stop)
    for _ in range(processes):
        start()
    failed = False
    while children:
        pid, status = os.wait()
        children.discard(pid)
        code = os.waitstatus_to_exitcode(status)
        if code == BOOT_FAILED:
            failed = True
            stop()
        elif not stopping:
            logger.warning("A process of the site ended with %s; another takes its place.", code)
            time.sleep(RESTART_SECONDS)
            if not stopping:
                start()
    return BOOT_FAILED if failed else 0


def _run_child(be_child: Callable[[], None]) -> NoReturn:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches all of us: the parent tells us
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)
    code = BOOT_FAILED
    try:
        be_child()
        code = 0
    except Exception:
        logger.exception("The site cannot be served")
    finally:
        os._exit(code)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m backend.config.server")
    parser.add_argument("host")
    parser.add_argument("port", type=int)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--threads", type=int, default=4)
    parser.add_argument("--request-seconds", type=float, default=REQUEST_SECONDS)
    given = parser.parse_args()
    logging.basicConfig(level=logging.INFO)
    child = partial(serve, given.host, given.port, threads=given.threads, seconds=given.request_seconds)
    return supervise(child, processes=given.processes)


if __name__ == "__main__":
    sys.exit(main())

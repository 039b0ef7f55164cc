"""A real site on loopback that answers as it is told, badly if need be."""

import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path
from threading import Thread

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from django.db import connections

Handler = BaseHTTPRequestHandler


class Site:
    """Answers by path: a function that is given the request, or else 404. ``asked`` is what was asked for.

    ``headers`` and ``bodies`` are what came with it, in the same order.
    """

    def __init__(self, port: int, scheme: str) -> None:
        self.url = f"{scheme}://127.0.0.1:{port}"
        self.pages: dict[str, Callable[[Handler], None]] = {}
        self.asked: list[tuple[str, str]] = []
        self.headers: list[dict[str, str]] = []
        self.bodies: list[bytes] = []

    def page(self, path: str, body: str | bytes = "", *, status: int = 200, **headers: str) -> str:
        """Answer a path with a page; return its address."""
        self.pages[path] = lambda request: send(request, body, status=status, **headers)
        return self.url + path

    def redirect(self, path: str, to: str, *, status: int = 302) -> str:
        return self.page(path, status=status, Location=to)

    def on(self, path: str, answer: Callable[[Handler], None]) -> str:
        self.pages[path] = answer
        return self.url + path


def send(request: Handler, body: str | bytes = "", *, status: int = 200, **headers: str) -> None:
    content = body.encode() if isinstance(body, str) else body
    request.send_response(status)
    named = {"Content-Type": "text/html; charset=utf-8", "Content-Length": str(len(content)), **headers}
    for name, value in named.items():
        request.send_header(name.replace("_", "-"), value)
    request.end_headers()
    if request.command != "HEAD":
        request.wfile.write(content)


@contextmanager
def site(*, certificate: Path | None = None, address: str = "127.0.0.1", port: int = 0) -> Iterator[Site]:
    """Serve until the end of the block, by TLS where a certificate is given."""

    class Answering(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            served.asked.append((self.command, self.path))
            served.headers.append(dict(self.headers))
            served.bodies.append(self.rfile.read(int(self.headers.get("Content-Length", 0))))
            self.close_connection = True
            answer = served.pages.get(self.path.partition("?")[0])
            try:
                if answer:
                    answer(self)
                else:
                    send(self, "Rien ici.", status=404)
            except OSError:
                pass  # the client left, as it may

        do_HEAD = do_POST = do_GET

        def log_message(self, format: str, *args: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request: object, client_address: object) -> None:
            pass  # a handshake that a client refused

    with Server((address, port), Answering) as server:
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        served = Site(server.server_address[1], "https" if certificate else "http")
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield served
        finally:
            server.shutdown()
            thread.join()


def make_certificate(folder: Path, *names: str) -> Path:
    """Write a key and a certificate that nobody but itself has signed."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, names[0])])
    alternatives = [x509.IPAddress(ip_address(each)) if each[0].isdigit() else x509.DNSName(each) for each in names]
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = folder / f"{names[0]}.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return path


@pytest.fixture
def elsewhere(db):
    """Let what a server does meanwhile, in its thread, use this test's transaction."""
    mine = connections["default"]
    mine.inc_thread_sharing()

    def run(action):
        def act():
            connections["default"] = mine
            action()

        return act

    yield run
    mine.dec_thread_sharing()

"""An IMAP server on loopback, over TLS with a certificate of its own: the few commands that a reader needs."""

import re
import socketserver
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

FOLDERS = ("INBOX", "Retours de courriels")


@dataclass
class Mailbox:
    messages: list[bytes]
    certificate: Path
    port: int = 0
    flags: dict[int, set[str]] = field(default_factory=dict)
    logins: list[tuple[str, str]] = field(default_factory=list)

    def answer(self, command: str) -> bytes:
        """Return what comes before the tagged OK."""
        if found := re.fullmatch(r"LOGIN (\S+) (.+)", command):
            self.logins.append((found[1].strip('"'), found[2].strip('"')))
        elif command.startswith("CAPABILITY"):
            return b"* CAPABILITY IMAP4rev1\r\n"
        elif command.startswith("SELECT"):
            return b"* %d EXISTS\r\n" % len(self.messages)
        elif command == "UID SEARCH UNSEEN UNFLAGGED":
            new = [str(uid) for uid in range(1, len(self.messages) + 1) if not self.flags.get(uid)]
            return f"* SEARCH {' '.join(new)}\r\n".encode()
        elif found := re.fullmatch(r"UID FETCH (\d+) \(BODY\.PEEK\[\]<0\.(\d+)>\)", command):
            raw = self.messages[int(found[1]) - 1][: int(found[2])]
            return b"* %s FETCH (UID %s BODY[]<0> {%d}\r\n%s)\r\n" % (
                found[1].encode(), found[1].encode(), len(raw), raw,
            )  # fmt: skip
        elif found := re.fullmatch(r"UID STORE (\d+) \+FLAGS \((\S+)\)", command):
            self.flags.setdefault(int(found[1]), set()).add(found[2])
        return b""


FOLDERS = ('SELECT "INBOX"', 'SELECT "Retours de courriels"')
REFUSED = ('LOGIN a "wrong"',)


@contextmanager
def imap_server(messages: list[bytes], folder: Path) -> Iterator[Mailbox]:
    box = Mailbox(messages, _make_certificate(folder))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(box.certificate, folder / "key.pem")

    class Session(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self.wfile.write(b"* OK ready\r\n")
            while line := self.rfile.readline().decode().strip():
                tag, _, command = line.partition(" ")
                if command == "LOGOUT":
                    self.wfile.write(f"* BYE\r\n{tag} OK\r\n".encode())
                    return
                known = command not in REFUSED and (not command.startswith("SELECT") or command in FOLDERS)
                self.wfile.write(box.answer(command) + f"{tag} {'OK' if known else 'NO'} done\r\n".encode())

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True

        def get_request(self):
            connection, address = self.socket.accept()
            return context.wrap_socket(connection, server_side=True), address

        def handle_error(self, request, client_address) -> None:
            """Say nothing of who refuses our certificate."""

    with Server(("127.0.0.1", 0), Session) as server:
        box.port = server.server_address[1]
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield box
        server.shutdown()


def _make_certificate(folder: Path) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    (folder / "key.pem").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    path = folder / "certificate.pem"
    path.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    return path

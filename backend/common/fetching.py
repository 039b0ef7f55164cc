"""Fetching what an address of somebody else's names, without trusting the address nor the answer.

The address may have been typed by anyone or found in a file: only public hosts are spoken to. The host is resolved
once, every address it resolves to is checked, and the connection is made to one of those, so that a second answer of
the DNS cannot lead elsewhere; each redirect starts again from there. The answer may be slow, endless or malformed:
seconds, bytes and redirects are bounded.
"""

import ipaddress
import re
import socket
import ssl
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from http.client import HTTPException
from http.cookies import CookieError, SimpleCookie
from threading import Timer
from urllib.parse import SplitResult, quote, urldefrag, urljoin, urlsplit, urlunsplit

import certifi
from django.conf import settings
from urllib3 import HTTPHeaderDict
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import (
    ConnectTimeoutError,
    HTTPError,
    NameResolutionError,
    NewConnectionError,
    ReadTimeoutError,
    SSLError,
)

from backend.common.releases import release

REDIRECTS = {301, 302, 303, 307, 308}
CHUNK_BYTES = 1 << 14
PORTS = {"http": 80, "https": 443}
SAFE = "/%:@!$&'()*+,;=~-._"  # what a path holds as it is; the rest is percent-encoded
HOST = re.compile(r"[A-Za-z0-9_.-]+")
NAT64 = ipaddress.ip_network("64:ff9b::/96")  # leads to any IPv4 address, private ones too
SITE_LOCAL = ipaddress.ip_network("fec0::/10")


class Reason(StrEnum):
    """Why there is no answer."""

    BAD_URL = "bad_url"
    PRIVATE = "private"
    DNS = "dns"
    CONNECTION = "connection"
    TLS = "tls"
    TIMEOUT = "timeout"
    REDIRECTS = "redirects"
    PROTOCOL = "protocol"


class FetchError(Exception):
    """There is no answer; ``str()`` is a sentence in French for who has to mend the address."""

    def __init__(self, reason: Reason, sentence: str) -> None:
        super().__init__(sentence)
        self.reason = reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Seconds to connect, between two bytes and in all; bytes of the body, decoded; redirects followed."""

    connect_seconds: float = 5.0
    read_seconds: float = 10.0
    total_seconds: float = 30.0
    max_bytes: int = 2_000_000
    redirects: int = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Hop:
    """An address that sent us on, and how: 301 and 308 say for ever."""

    url: str
    status: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the last address answered. ``is_cut`` says that the body is longer than what was read of it."""

    url: str
    status: int
    headers: Mapping[str, str]
    body: bytes
    is_cut: bool = False
    hops: tuple[Hop, ...] = ()


@dataclass(slots=True)
class _Jar:
    """Cookies of one fetch, by host: some sites send to the same address again until theirs comes back."""

    by_host: dict[str, dict[str, str]] = field(default_factory=dict)

    def keep(self, host: str, headers: HTTPHeaderDict) -> None:
        for line in headers.getlist("Set-Cookie"):
            try:
                found = SimpleCookie(line)
            except CookieError:
                continue
            self.by_host.setdefault(host, {}).update({name: morsel.coded_value for name, morsel in found.items()})

    def header(self, host: str) -> str:
        return "; ".join(f"{name}={value}" for name, value in self.by_host.get(host, {}).items())


def user_agent() -> str:
    """Say who asks, and where that can be read about."""
    return f"Jonction/{release()} (+{settings.PUBLIC_URL}/)"


def fetch(
    url: str,
    *,
    method: str = "GET",
    limits: Limits | None = None,
    headers: Mapping[str, str] | None = None,
    is_ours: bool = False,
) -> Answer:
    """Ask for an address and follow its redirects; raise ``FetchError`` where nothing answers.

    ``is_ours`` says that somebody with a shell on this machine typed it: its host may be of a private network, and
    other hosts that it sends on to may not.
    """
    limits = limits or Limits()
    deadline = time.monotonic() + limits.total_seconds
    hops: list[Hop] = []
    seen: set[tuple[str, str]] = set()
    jar = _Jar()
    trusted = parse_url(url).hostname if is_ours else None
    while True:
        parts = parse_url(url)
        host = parts.hostname or ""
        here = (urlunsplit(parts), jar.header(host))
        if here in seen or len(hops) > limits.redirects:
            raise FetchError(Reason.REDIRECTS, f"l’adresse renvoie sans fin d’une page à une autre ({len(hops)} fois)")
        seen.add(here)
        sent = {"User-Agent": user_agent(), "Accept-Language": "fr", "Accept-Encoding": "gzip, deflate"}
        sent.update(headers or {})
        if cookies := jar.header(host):
            sent["Cookie"] = cookies
        addresses = _resolve(parts, any_network=host == trusted)
        status, received, body, is_cut = _exchange(parts, addresses, _Sent(method, sent), limits, deadline)
        jar.keep(host, received)
        location = received.get("Location", "").strip() if status in REDIRECTS else ""
        if not location:
            found = {name.lower(): value for name, value in received.items()}
            return Answer(
                url=urlunsplit(parts), status=status, headers=found, body=body, is_cut=is_cut, hops=tuple(hops)
            )
        hops.append(Hop(url=urlunsplit(parts), status=status))
        url = urljoin(urlunsplit(parts), _as_text(location))


def post(url: str, *, body: bytes, headers: Mapping[str, str], limits: Limits) -> int:
    """Send a body to an address, once, and return the status; raise ``FetchError`` where nothing answers.

    A redirect is an answer like any other, and what is answered beside the status is not read.
    """
    deadline = time.monotonic() + limits.total_seconds
    parts = parse_url(url)
    sent = _Sent("POST", {"User-Agent": user_agent(), **headers}, body)
    addresses = _resolve(parts, any_network=False)
    status, *_rest = _exchange(parts, addresses, sent, limits, deadline)
    return status


def _as_text(header: str) -> str:
    """Read as UTF-8 a header that http.client read as Latin-1, where it is."""
    try:
        return header.encode("latin-1").decode()
    except UnicodeError:
        return header


# -- addresses


def parse_url(url: str) -> SplitResult:
    """Return an address in the form in which it is asked for: no fragment, host in ASCII, path percent-encoded."""
    try:
        parts = urlsplit(urldefrag(url.strip())[0])
        host = (parts.hostname or "").encode("idna").decode() if not is_ip(parts.hostname) else parts.hostname or ""
        port = parts.port
    except (ValueError, UnicodeError):
        raise FetchError(Reason.BAD_URL, f"« {url[:200]} » n’est pas une adresse bien formée") from None
    if parts.scheme not in PORTS or not (HOST.fullmatch(host) or is_ip(host)):
        raise FetchError(Reason.BAD_URL, f"« {url[:200]} » n’est pas une adresse http:// ou https://")
    if parts.username or parts.password:
        raise FetchError(Reason.BAD_URL, f"une adresse avec un nom d’utilisateur n’est pas suivie ({host})")
    netloc = f"[{host}]" if ":" in host else host
    if port and port != PORTS[parts.scheme]:
        netloc = f"{netloc}:{port}"
    path = quote(parts.path or "/", safe=SAFE)
    return SplitResult(parts.scheme, netloc, path, quote(parts.query, safe=SAFE + "?[]"), "")


def is_ip(host: str | None) -> bool:
    try:
        ipaddress.ip_address(host or "")
    except ValueError:
        return False
    return True


def _resolve(parts: SplitResult, *, any_network: bool) -> list[str]:
    """Return the public addresses of a host; raise where there is none, or where one of them is not public."""
    host, port = parts.hostname or "", parts.port or PORTS[parts.scheme]
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise FetchError(Reason.DNS, f"le nom « {host} » n’existe pas, ou son serveur de noms ne répond pas") from None
    addresses = list(dict.fromkeys(str(address[4][0]) for address in found))
    for address in addresses:
        if not (any_network or is_allowed(address)):
            raise FetchError(Reason.PRIVATE, f"« {host} » mène à une adresse qui n’est pas publique ({address})")
    return addresses


def is_allowed(address: str) -> bool:
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        if ip in NAT64 or ip in SITE_LOCAL:
            return False
        ip = ip.ipv4_mapped or ip
    if ip.is_loopback:
        return bool(settings.FETCH_LOOPBACK)
    return ip.is_global and not ip.is_multicast


# -- one request


@dataclass(frozen=True, slots=True)
class _Sent:
    """What is asked with; the answer to what has a body of its own is not read beyond its status."""

    method: str
    headers: Mapping[str, str]
    body: bytes | None = None


def _exchange(
    parts: SplitResult, addresses: list[str], sent: _Sent, limits: Limits, deadline: float
) -> tuple[int, HTTPHeaderDict, bytes, bool]:
    """Return status, headers, body and whether it was cut; the connection is closed at the deadline, come what may."""
    host, port = parts.hostname or "", parts.port or PORTS[parts.scheme]
    last: FetchError | None = None
    for address in addresses:
        left = deadline - time.monotonic()
        if left <= 0:
            break
        connection = _connection(parts, address, port, min(limits.connect_seconds, left))
        try:
            connection.connect()
        except (NewConnectionError, ConnectTimeoutError) as error:  # the next address may answer
            last = _as_fetch_error(error, host)
            continue
        except (HTTPError, OSError) as error:
            raise _as_fetch_error(error, host) from None
        return _ask(connection, parts, sent, limits, deadline)
    raise last or _too_slow(host)


def _connection(parts: SplitResult, address: str, port: int, seconds: float) -> HTTPConnection:
    """Return a connection to an address that was checked; the certificate must be that of the host."""
    if parts.scheme == "http":
        return HTTPConnection(address, port, timeout=seconds)
    return HTTPSConnection(address, port, timeout=seconds, ssl_context=_tls(), server_hostname=parts.hostname)


@cache
def _tls() -> ssl.SSLContext:
    return ssl.create_default_context(cafile=certifi.where())


def _ask(
    connection: HTTPConnection, parts: SplitResult, sent: _Sent, limits: Limits, deadline: float
) -> tuple[int, HTTPHeaderDict, bytes, bool]:
    host = parts.hostname or ""
    left = max(deadline - time.monotonic(), 0.0)
    connection.timeout = min(limits.read_seconds, left)
    if connection.sock is None:
        raise _too_slow(host)
    connection.sock.settimeout(min(limits.read_seconds, left) or None)
    # A server that sends one byte now and then is never late between two of them.
    guard = Timer(left, _cut, [connection.sock])
    guard.daemon = True
    guard.start()
    target = urlunsplit(("", "", parts.path, parts.query, ""))
    try:
        headers = {"Host": parts.netloc, **sent.headers}
        connection.request(sent.method, target, sent.body, headers=headers, preload_content=False, decode_content=True)
        response = connection.getresponse()
        if sent.body is not None:
            return response.status, response.headers, b"", True
        body, is_cut = _read(response.stream(CHUNK_BYTES, decode_content=True), limits.max_bytes)
    except (HTTPError, HTTPException, OSError, ValueError) as error:
        if time.monotonic() >= deadline:
            raise _too_slow(host) from None
        raise _as_fetch_error(error, host) from None
    finally:
        guard.cancel()
        connection.close()
    if time.monotonic() >= deadline:  # cut by the guard, a body without a length looks whole
        raise _too_slow(host)
    return response.status, response.headers, body, is_cut


def _cut(sock: socket.socket) -> None:
    with suppress(OSError):  # it ended meanwhile
        socket.socket.shutdown(sock, socket.SHUT_RDWR)


def _read(chunks: Iterator[bytes], max_bytes: int) -> tuple[bytes, bool]:
    body = bytearray()
    for chunk in chunks:
        body += chunk
        if len(body) > max_bytes:
            return bytes(body[:max_bytes]), True
    return bytes(body), False


def _too_slow(host: str) -> FetchError:
    return FetchError(Reason.TIMEOUT, f"« {host} » n’a pas répondu à temps")


def _as_fetch_error(error: Exception, host: str) -> FetchError:
    match error:
        case NameResolutionError():
            return FetchError(Reason.DNS, f"le nom « {host} » n’existe pas, ou son serveur de noms ne répond pas")
        case NewConnectionError() | ConnectionError():
            return FetchError(Reason.CONNECTION, f"« {host} » refuse la connexion ou l’a coupée")
        case ConnectTimeoutError() | ReadTimeoutError() | TimeoutError():
            return _too_slow(host)
        case SSLError() | ssl.SSLError():
            return FetchError(Reason.TLS, f"le certificat de « {host} » n’est pas valable ({_tls_detail(error)})")
        case _:
            return FetchError(Reason.PROTOCOL, f"« {host} » a répondu de travers ({type(error).__name__})")


def _tls_detail(error: BaseException) -> str:
    """Return the words of OpenSSL, which say whether it is out of date, for another name or signed by nobody known."""
    found = error if isinstance(error, ssl.SSLError) else next(iter(error.args), error)
    return str(getattr(found, "verify_message", "") or getattr(found, "reason", "") or type(found).__name__)[:120]

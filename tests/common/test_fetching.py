"""Fetching addresses of others, from a real site on loopback that misbehaves."""

import gzip
import socket
import time
from collections.abc import Iterator
from threading import Thread

import pytest

from backend.common import fetching
from backend.common.fetching import FetchError, Hop, Limits, Reason, fetch
from tests.common.sites import Site, make_certificate, send, site

SOON = Limits(connect_seconds=1, read_seconds=0.5, total_seconds=1.0, max_bytes=100_000, redirects=5)


@pytest.fixture
def here() -> Iterator[Site]:
    with site() as served:
        yield served


def reason_of(url: str, limits: Limits = SOON, **options) -> Reason:
    started = time.monotonic()
    with pytest.raises(FetchError) as caught:
        fetch(url, limits=limits, **options)
    assert str(caught.value)
    assert time.monotonic() - started < limits.total_seconds + 2
    return caught.value.reason


def test_a_page_is_read_and_told_who_asks(here, settings):
    settings.PUBLIC_URL = "https://aides.exemple.example"
    answer = fetch(here.page("/page", "Bonjour"))
    assert (answer.status, answer.body, answer.hops, answer.is_cut) == (200, b"Bonjour", (), False)
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert here.headers[0]["User-Agent"].endswith("(+https://aides.exemple.example/)")


def test_an_error_of_the_site_is_an_answer(here):
    assert fetch(f"{here.url}/nowhere").status == 404
    assert fetch(here.page("/down", status=503)).status == 503


def test_head_has_no_body_and_keeps_its_method_through_redirects(here):
    here.page("/new", "Bonjour")
    answer = fetch(here.redirect("/old", "/new"), method="HEAD")
    assert (answer.status, answer.body) == (200, b"")
    assert here.asked == [("HEAD", "/old"), ("HEAD", "/new")]


def test_redirects_are_followed_and_told(here):
    here.page("/c", "Là")
    here.redirect("/b", "c", status=308)
    url = here.redirect("/a", "/b#part", status=301)
    answer = fetch(f"{url}#top")
    assert answer.url == f"{here.url}/c"
    assert answer.hops == (Hop(url=url, status=301), Hop(url=f"{here.url}/b", status=308))


def test_a_redirect_without_an_address_is_an_answer(here):
    assert fetch(here.page("/odd", status=302)).status == 302


def test_a_loop_of_redirects_ends(here):
    here.redirect("/b", "/a")
    assert reason_of(here.redirect("/a", "/b")) == Reason.REDIRECTS
    assert len(here.asked) == 2


def test_an_endless_chain_of_redirects_ends(here):
    here.on("/n", lambda request: send(request, status=302, Location=f"/n?{len(here.asked)}"))
    assert reason_of(f"{here.url}/n") == Reason.REDIRECTS
    assert len(here.asked) == SOON.redirects + 1


def test_a_site_that_wants_its_cookie_back_gets_it(here):
    def ask(request):
        if "seen=1" in request.headers.get("Cookie", ""):
            send(request, "Bienvenue")
        else:
            send(request, status=302, Location="/door", Set_Cookie="seen=1; Path=/")

    assert fetch(here.on("/door", ask)).body == b"Bienvenue"


def test_a_huge_body_is_cut(here):
    def pour(request):
        request.send_response(200)
        request.end_headers()
        while True:
            request.wfile.write(b"x" * 65536)

    answer = fetch(here.on("/huge", pour), limits=SOON)
    assert answer.is_cut
    assert len(answer.body) == SOON.max_bytes


def test_a_body_that_grows_when_unpacked_is_cut_too(here):
    bomb = gzip.compress(b"0" * 50_000_000)
    answer = fetch(here.page("/bomb", bomb, Content_Encoding="gzip"), limits=SOON)
    assert (len(answer.body), answer.is_cut) == (SOON.max_bytes, True)


def test_a_packed_page_is_unpacked(here):
    body = gzip.compress("Aide à l’investissement".encode())
    assert fetch(here.page("/packed", body, Content_Encoding="gzip")).body.decode() == "Aide à l’investissement"


def test_a_site_that_says_nothing_is_too_slow(here):
    assert reason_of(here.on("/mute", lambda request: time.sleep(2))) == Reason.TIMEOUT


def test_a_site_that_trickles_is_too_slow(here):
    def trickle(request):
        request.send_response(200)
        request.send_header("Content-Length", "1000")
        request.end_headers()
        for _ in range(30):
            request.wfile.write(b"x")
            time.sleep(0.1)

    assert reason_of(here.on("/drip", trickle)) == Reason.TIMEOUT


@pytest.mark.slow
def test_headers_that_trickle_are_too_slow():
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(5)
        url = f"http://127.0.0.1:{server.getsockname()[1]}/"

        def drip():
            client, _ = server.accept()
            with client:
                try:
                    for byte in b"HTTP/1.1 200 OK\r\nX-Long: " + b"x" * 100:
                        client.sendall(bytes([byte]))
                        time.sleep(0.1)
                except OSError:
                    pass

        thread = Thread(target=drip)
        thread.start()
        assert reason_of(url) == Reason.TIMEOUT
        thread.join()


def test_nobody_listens():
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    assert reason_of(f"http://127.0.0.1:{port}/") == Reason.CONNECTION


def test_nonsense_instead_of_http(here):
    assert reason_of(here.on("/nonsense", lambda request: request.wfile.write(b"BONJOUR\r\n\r\n"))) == Reason.PROTOCOL


def test_a_body_shorter_than_promised(here):
    assert reason_of(here.page("/short", "Bonjour", Content_Length="999")) in (Reason.PROTOCOL, Reason.CONNECTION)


def test_a_certificate_that_nobody_signed(tmp_path):
    with site(certificate=make_certificate(tmp_path, "127.0.0.1")) as safe:
        assert reason_of(safe.page("/", "Bonjour")) == Reason.TLS
        assert safe.asked == []


def test_a_certificate_is_that_of_the_host_and_not_of_the_address(tmp_path, monkeypatch):
    """The connection goes to the address that was checked; the name is the one that was asked for."""
    certificate = make_certificate(tmp_path, "aides.example")
    trusting = fetching.ssl.create_default_context(cafile=certificate)
    monkeypatch.setattr(fetching, "_tls", lambda: trusting)
    monkeypatch.setattr(socket, "getaddrinfo", _answering("127.0.0.1"))
    with site(certificate=certificate) as safe:
        safe.page("/", "Bonjour")
        port = safe.url.rsplit(":", 1)[1]
        assert fetch(f"https://aides.example:{port}/").body == b"Bonjour"
        assert safe.headers[0]["Host"] == f"aides.example:{port}"
        assert reason_of(f"https://autre.example:{port}/") == Reason.TLS


def _answering(*addresses: str, asked: list[str] | None = None):
    def getaddrinfo(host, port, *args, **options):
        if asked is not None:
            asked.append(host)
        family = socket.AF_INET6 if ":" in addresses[0] else socket.AF_INET
        return [(family, socket.SOCK_STREAM, 6, "", (address, port)) for address in addresses]

    return getaddrinfo


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1", "127.9.9.9", "[::1]", "[::ffff:127.0.0.1]", "2130706433", "0x7f.1", "0", "10.1.2.3",
        "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "[fe80::1]", "[fd00::1]", "[fec0::1]",
        "[64:ff9b::7f00:1]", "[2002:7f00:1::]", "224.0.0.1", "255.255.255.255",
    ],
)  # fmt: skip
def test_an_address_that_is_not_public_is_refused(host, settings):
    settings.FETCH_LOOPBACK = False
    assert reason_of(f"http://{host}/") == Reason.PRIVATE


def test_opening_loopback_opens_nothing_else():
    assert reason_of("http://10.1.2.3/") == Reason.PRIVATE


def test_a_redirect_to_a_private_address_is_refused(here):
    assert reason_of(here.redirect("/out", "http://169.254.169.254/latest/meta-data/")) == Reason.PRIVATE
    assert reason_of(here.redirect("/file", "file:///etc/passwd")) == Reason.BAD_URL


def test_a_name_with_one_private_address_is_refused(monkeypatch, settings):
    monkeypatch.setattr(socket, "getaddrinfo", _answering("93.184.215.14", "192.168.0.1"))
    assert reason_of("http://mixed.example/") == Reason.PRIVATE


def test_a_name_is_resolved_once_so_that_it_cannot_change_its_mind(here, monkeypatch):
    asked: list[str] = []
    here.page("/", "Bonjour")
    monkeypatch.setattr(socket, "getaddrinfo", _answering("127.0.0.1", asked=asked))
    fetch(f"http://rebind.example:{here.url.rsplit(':', 1)[1]}/")
    assert [name for name in asked if name == "rebind.example"] == ["rebind.example"]


def test_the_next_address_of_a_name_is_tried(here, monkeypatch):
    here.page("/", "Bonjour")
    monkeypatch.setattr(socket, "getaddrinfo", _by_host({"two.example": ["127.0.0.9", "127.0.0.1"]}))
    assert fetch(f"http://two.example:{here.url.rsplit(':', 1)[1]}/").body == b"Bonjour"


def _by_host(names: dict[str, list[str]]):
    def getaddrinfo(host, port, *args, **options):
        return _answering(*names.get(host, [host]))(host, port)

    return getaddrinfo


def test_a_name_that_does_not_exist(monkeypatch):
    def getaddrinfo(*args, **options):
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    assert reason_of("http://nulle-part.example/") == Reason.DNS


@pytest.mark.parametrize(
    "url", ["", "nouvelle page", "/relative", "ftp://exemple.example/", "http://", "http://a b/", "http://x:99999/",
            "https://user:secret@exemple.example/", "http://[::1", "javascript:alert(1)"]
)  # fmt: skip
def test_what_is_no_address_is_told(url):
    assert reason_of(url) == Reason.BAD_URL


def test_an_address_as_people_paste_it_is_encoded(here):
    here.page("/aide%20%C3%A0%20l%E2%80%99export", "Là")
    assert fetch(f" {here.url}/aide à l’export?q=é#haut ").body == "Là".encode()
    assert here.asked == [("GET", "/aide%20%C3%A0%20l%E2%80%99export?q=%C3%A9")]
    fetch(f"{here.url}/aide%20%C3%A0%20l%E2%80%99export")
    assert here.asked[1][1] == "/aide%20%C3%A0%20l%E2%80%99export"

"""Asking for pages: one at a time of each host, with a pause, HEAD first. The database is not touched here."""

import time
from collections import defaultdict
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from urllib.parse import urlsplit

from backend.common.fetching import Answer, FetchError, Limits, Reason, fetch
from backend.schemes.catalogue.quotes import words_of
from backend.schemes.ingestion.links.reading import Fingerprint, fingerprint, is_empty, missing_words, read_page
from backend.schemes.models import Outcome

HOSTS_AT_ONCE = 8
PAUSE_SECONDS = 1.0
BUDGET_SECONDS = 1200.0
LIMITS = Limits(connect_seconds=8, read_seconds=10, total_seconds=25, max_bytes=1_500_000, redirects=8)
FOR_EVER = {301, 308}
NOT_FOUND, GONE = 404, 410
REFUSALS = {401, 403, 407, 429, 451}
HTML = ("text/html", "application/xhtml+xml")
FINAL = {Reason.DNS, Reason.TLS, Reason.PRIVATE, Reason.BAD_URL}  # another method would not change it
HOMES = {"", "index", "index.html", "index.php", "accueil", "home", "fr", "fr-fr", "fr/accueil"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """What asking for a page gave; ``sentence`` says it in French."""

    url: str
    outcome: Outcome
    sentence: str = ""
    status: int | None = None
    moved_to: str = ""
    fingerprint: Fingerprint | None = None
    words: str = ""  # of the whole page, where there are enough of them to be compared


def examine_all(
    urls: Iterable[str],
    *,
    pause: float = PAUSE_SECONDS,
    seconds: float = BUDGET_SECONDS,
    limits: Limits = LIMITS,
) -> list[Sight]:
    """Ask for every page within so many seconds; those that there was no time for are left out."""
    deadline = time.monotonic() + seconds
    by_host: dict[str, list[str]] = defaultdict(list)
    for url in urls:
        by_host[host_of(url)].append(url)
    with ThreadPoolExecutor(max_workers=HOSTS_AT_ONCE) as pool:
        parts = pool.map(lambda of_host: _examine_host(of_host, pause, deadline, limits), by_host.values())
        return [sight for part in parts for sight in part]


def host_of(url: str) -> str:
    """Return the host that an address asks, one for both ways of writing it."""
    try:
        return (urlsplit(url).hostname or "").removeprefix("www.")
    except ValueError:
        return ""


def _examine_host(urls: list[str], pause: float, deadline: float, limits: Limits) -> list[Sight]:
    seen = []
    for number, url in enumerate(urls):
        if number:
            time.sleep(pause)
        if time.monotonic() > deadline:
            break
        seen.append(examine(url, limits=limits))
    return seen


def examine(url: str, *, limits: Limits = LIMITS) -> Sight:
    """Ask for a page: HEAD, then GET where HEAD is refused or fails, and for every text, whose words must be read."""
    try:
        answer = fetch(url, method="HEAD", limits=limits)
    except FetchError as error:
        if error.reason in FINAL:
            return _failure(url, error)
    else:
        if answer.status < 400 and not _is_html(answer) and answer.headers.get("content-length") != "0":
            return _judge(url, answer)
    try:
        return _judge(url, fetch(url, limits=limits))
    except FetchError as error:
        return _failure(url, error)


def _failure(url: str, error: FetchError) -> Sight:
    return Sight(url=url, outcome=Outcome(error.reason.value), sentence=_short(str(error)))


def _judge(url: str, answer: Answer) -> Sight:
    sight = _refusal(answer) or _dead_end(url, answer)
    if sight:
        outcome, sentence = sight
        return Sight(url=url, outcome=outcome, sentence=_short(sentence), status=answer.status)
    reading = read_page(answer.body, _type(answer)) if _is_html(answer) and answer.body else None
    mark = fingerprint(reading) if reading else None
    moved = _new_address(url, answer)
    return Sight(
        url=url,
        outcome=Outcome.MOVED if moved else Outcome.OK,
        sentence=_short(f"renvoie pour toujours à {moved}") if moved else "",
        status=answer.status,
        moved_to=moved,
        fingerprint=mark,
        words=words_of(reading.whole) if reading and mark else "",
    )


def _refusal(answer: Answer) -> tuple[Outcome, str] | None:
    if answer.status in (NOT_FOUND, GONE):
        return Outcome.NOT_FOUND, f"la page est introuvable (erreur {answer.status})"
    if answer.status in REFUSALS:
        return Outcome.REFUSED, f"le site refuse notre programme (erreur {answer.status}) : ouvrez la page vous-même"
    if answer.status >= 400 or not 200 <= answer.status < 300:
        return Outcome.ERROR, f"le site répond par une erreur ({answer.status})"
    return None


def _dead_end(url: str, answer: Answer) -> tuple[Outcome, str] | None:
    """Say whether a page that answers is no page: sent home, or one that says that there is none."""
    if answer.hops and is_home(answer.url) and not is_home(url):
        return Outcome.HOME, f"renvoie à la page d’accueil ({answer.url}) : la page elle-même n’est plus là"
    if not _is_html(answer) or not answer.body:
        return None
    reading = read_page(answer.body, _type(answer))
    if words := missing_words(reading):
        return Outcome.SOFT_NOT_FOUND, f"la page répond, mais dit « {words} »"
    if is_empty(reading):
        return Outcome.EMPTY, f"la page répond, mais elle est presque vide ({reading.n_words} mots)"
    return None


def is_home(url: str) -> bool:
    """Tell whether an address is that of a whole site."""
    parts = urlsplit(url)
    return parts.path.strip("/").lower() in HOMES and not parts.query


def _new_address(url: str, answer: Answer) -> str:
    """Return where a page went for good; not where only its spelling changed: https, www or a slash."""
    if not answer.hops or any(hop.status not in FOR_EVER for hop in answer.hops):
        return ""
    return "" if _spelt(answer.url) == _spelt(url) else answer.url


def _spelt(url: str) -> tuple[str, str, str]:
    parts = urlsplit(url)
    return host_of(url), parts.path.rstrip("/"), parts.query


def _type(answer: Answer) -> str:
    return answer.headers.get("content-type", "")


def _is_html(answer: Answer) -> bool:
    kind = _type(answer).partition(";")[0].strip().lower()
    return kind in HTML or not kind


def _short(sentence: str) -> str:
    return sentence if len(sentence) <= 300 else f"{sentence[:299]}…"

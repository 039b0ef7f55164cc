"""Where a file of another site comes from: a path, or an address that is asked for it.

What an address gave is kept once it was read whole. While the site says that nothing changed, or says nothing, that
copy is read instead and the report says so.
"""

import re
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit, urlunsplit

from django.utils import timezone

from backend.common.days import current_day
from backend.common.fetching import Answer, FetchError, Limits, fetch
from backend.schemes.ingestion.importers.files import MAX_BYTES, ImportFileError, megabytes
from backend.schemes.models import SourceCopy

LIMITS = Limits(total_seconds=120.0, read_seconds=20.0, max_bytes=MAX_BYTES, redirects=5)
_ADDRESS = re.compile(r"https?://", re.IGNORECASE)
_NOT_IN_A_NAME = re.compile(r"[^\w.-]+")
MAX_NAME = 100  # characters of a file's name that we keep
MAX_TAG = 500  # characters of an ETag that we send back


@dataclass(frozen=True, slots=True)
class LocalFile:
    """A file on this machine, the day it is of, and what to tell of how it came here.

    ``fresh`` is the copy to keep once the file was read whole; nothing where there is none to keep.
    """

    path: Path
    name: str
    dated: date
    notices: tuple[str, ...] = ()
    fresh: SourceCopy | None = None


@contextmanager
def local_file(location: str) -> Iterator[LocalFile]:
    """Give the file of a path or of an address. Raises ``ImportFileError`` where there is none to read."""
    if not _ADDRESS.match(location):
        yield _on_disk(Path(location))
        return
    copy, is_fresh, notices = _fetched(location)
    with TemporaryDirectory() as folder:
        path = Path(folder) / (_NOT_IN_A_NAME.sub("_", urlsplit(location).path.rpartition("/")[2])[-MAX_NAME:] or "_")
        path.write_bytes(zlib.decompress(copy.content))
        yield LocalFile(path, shown(location), copy.dated, notices, copy if is_fresh else None)


def shown(location: str) -> str:
    """Return what may be shown of a path or an address: neither a key in its query nor who asks."""
    if not _ADDRESS.match(location):
        return Path(location).name
    try:
        parts = urlsplit(location)
        host = parts.netloc.rpartition("@")[2]
    except ValueError:
        return "adresse mal formée"
    return urlunsplit((parts.scheme, host, parts.path, "", ""))[:500]


def _on_disk(path: Path) -> LocalFile:
    try:
        changed = datetime.fromtimestamp(path.stat().st_mtime, tz=timezone.get_current_timezone()).date()
    except (OSError, ValueError) as error:
        raise ImportFileError(f"{path} ne peut pas être lu : {getattr(error, 'strerror', None) or error}.") from None
    return LocalFile(path, path.name, changed)


def _fetched(url: str) -> tuple[SourceCopy, bool, tuple[str, ...]]:
    """Return what an address gives, whether that is new, and what to tell of it."""
    kept = SourceCopy.objects.filter(url=url).first()
    try:
        answer = fetch(url, limits=LIMITS, headers=_conditions(kept), is_ours=True)
        failure = "" if answer.status in (200, 304) else f"l’adresse répond {answer.status}"
    except FetchError as error:
        failure = str(error)
    if not failure and answer.is_cut:
        raise ImportFileError(
            f"{shown(url)} pèse plus de {megabytes(MAX_BYTES)} ; accepté : {megabytes(MAX_BYTES)} au plus."
        )
    if not failure and answer.status == 200:
        return _copy(url, answer), True, ()
    if kept is None:
        raise ImportFileError(f"{shown(url)} n’a pas donné de fichier : {failure or 'réponse 304 sans copie'}.")
    seen = f"{timezone.localtime(kept.fetched_at):%d/%m/%Y à %H h %M}"
    if failure:
        return kept, False, (f"Le site n’a pas répondu comme attendu ({failure}) : la copie du {seen} est lue.",)
    return kept, False, (f"Le site dit que rien n’a changé depuis le {seen} : sa copie est lue.",)


def _conditions(kept: SourceCopy | None) -> dict[str, str]:
    """Return the headers that ask for a file only where it changed."""
    if kept is None:
        return {}
    asked = {"If-None-Match": kept.etag, "If-Modified-Since": kept.last_modified}
    return {name: value for name, value in asked.items() if value}


def _copy(url: str, answer: Answer) -> SourceCopy:
    tag, changed = answer.headers.get("etag", ""), answer.headers.get("last-modified", "")
    try:
        dated = parsedate_to_datetime(changed).astimezone(timezone.get_current_timezone()).date()
    except (ValueError, OverflowError):
        dated, changed = current_day(), ""
    return SourceCopy(
        url=url,
        etag=tag if tag.isprintable() and len(tag) <= MAX_TAG else "",
        last_modified=changed,
        dated=dated,
        fetched_at=timezone.now(),
        content=zlib.compress(answer.body, level=6),
    )


def keep_copy(copy: SourceCopy) -> None:
    """Keep what an address gave in place of what it gave before."""
    values = {name: getattr(copy, name) for name in ("etag", "last_modified", "dated", "fetched_at", "content")}
    SourceCopy.objects.update_or_create(url=copy.url, defaults=values)

"""The register of erased files, beside the backups: what a restored backup must not bring back.

A line is a digest of a file's number and of the moment it was filed (numbers are given again after a restore), under
a key of its own: it names nobody, and outlives every change of ``JONCTION_SECRET_KEY``.
"""

import fcntl
import hmac
import os
import secrets
from collections.abc import Iterable
from pathlib import Path

from django.conf import settings
from django.utils.translation import gettext as _

from backend.matchmaking.models import Submission

KEY_BYTES = 32


class RegisterError(Exception):
    """Why the register cannot be read or written, as a sentence in French."""


def is_kept() -> bool:
    """Tell whether the service keeps a register: always, but in a demonstration that names none."""
    return settings.ERASED_REGISTER is not None


def open_register() -> None:
    """Make the register and its key where there are none yet, so that a restore can tell none from lost."""
    path = _path()
    try:
        _key(path, make=True)
        _append(path, "")
    except OSError as error:
        raise RegisterError(_reason(path, error)) from None


def note_erased(submission: Submission) -> None:
    """Write a file into the register; it is on the disk when this returns. Call it before the erasure commits."""
    path = _path()
    try:
        digest = _digest(submission, _key(path, make=True))
        if not path.exists() or digest not in path.read_text(encoding="ascii").split():  # erased again after a restore
            _append(path, f"{digest}\n")
    except OSError as error:
        raise RegisterError(_reason(path, error)) from None


def n_noted() -> int:
    """Return how many erased files the register names; raise ``RegisterError`` where it cannot be read."""
    lines, _key_found = _read(_path())
    return len(lines)


def noted(submissions: Iterable[Submission]) -> list[Submission]:
    """Return those of some files that the register names."""
    lines, key = _read(_path())
    return [submission for submission in submissions if _digest(submission, key) in lines]


def _read(path: Path) -> tuple[set[str], bytes]:
    try:
        return set(path.read_text(encoding="ascii").split()), _key(path, make=False)
    except (OSError, UnicodeDecodeError) as error:
        raise RegisterError(_reason(path, error)) from None


def _path() -> Path:
    path: Path | None = settings.ERASED_REGISTER
    if path is None:
        raise RegisterError(
            _("Le registre des demandes effacées n’est pas indiqué : donnez son chemin par JONCTION_ERASED.")
        )
    return path


def _key(path: Path, *, make: bool) -> bytes:
    """Return the key of the settings, or that of the file beside the register, made once where there is none."""
    if settings.ERASED_KEY:
        return str(settings.ERASED_KEY).encode()
    beside = path.with_name(f"{path.name}.key")
    if make and not beside.exists():
        if path.exists() and path.stat().st_size:
            raise RegisterError(
                _("La clé {key} manque, alors que le registre {path} a des lignes : remettez-la.").format(
                    key=beside, path=path
                )
            )
        draft = beside.with_name(f".{beside.name}.{os.getpid()}.{secrets.token_hex(4)}")
        _write_private(draft, secrets.token_hex(KEY_BYTES).encode())
        try:
            os.link(draft, beside)  # the first who makes it wins, and it is whole at once
        except FileExistsError:
            pass
        finally:
            draft.unlink()
        _flush_folder(beside.parent)
    return beside.read_bytes()


def _digest(submission: Submission, key: bytes) -> str:
    what = f"{submission.pk} {submission.filed_at.timestamp():.6f}"
    return hmac.digest(key, what.encode(), "sha256").hex()


def _append(path: Path, line: str) -> None:
    is_new = not path.exists()
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    with os.fdopen(descriptor, "ab") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.write(line.encode("ascii"))
        file.flush()
        os.fsync(file.fileno())
    if is_new:
        _flush_folder(path.parent)


def _write_private(path: Path, content: bytes) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _flush_folder(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _reason(path: Path, error: Exception) -> str:
    why = error.strerror if isinstance(error, OSError) and error.strerror else error
    name = error.filename if isinstance(error, OSError) and error.filename else path
    return _("Le registre des demandes effacées ne peut être lu ou écrit ({name} : {why}).").format(name=name, why=why)

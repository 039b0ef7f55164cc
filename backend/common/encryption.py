"""Files encrypted with age (age-encryption.org): anybody who has the public key writes one, one identity reads it."""

import os
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any

import pyrage
from pyrage import x25519

MAGIC = b"age-encryption.org/"


class EncryptionError(Exception):
    """Why something cannot be encrypted or read, as a sentence in French."""


class Digested:
    """A stream to write to, which counts what passes; it cannot be rewound."""

    def __init__(self, stream: IO[bytes] | None = None) -> None:
        self._stream, self._sum, self.size = stream, sha256(), 0

    def write(self, content: bytes) -> int:
        self._sum.update(content)
        self.size += len(content)
        if self._stream:
            self._stream.write(content)
        return len(content)

    def flush(self) -> None:
        if self._stream:
            self._stream.flush()

    def digest(self) -> tuple[int, bytes]:
        return self.size, self._sum.digest()


def recipients_of(keys: Sequence[str]) -> list[Any]:
    """Read public keys; raise ``EncryptionError`` for one that is none."""
    found = []
    for key in keys:
        try:
            found.append(x25519.Recipient.from_str(key.strip()))
        except pyrage.RecipientError:
            raise EncryptionError(
                f"« {key} » n’est pas une clé publique age ; il en faut une telle que age1… (manage.py backup_key)."
            ) from None
    return found


def identities_of(path: Path) -> list[Any]:
    """Read a file of identities, as ``age-keygen`` and ``manage.py backup_key`` write it."""
    try:
        lines = [line.strip() for line in path.read_text(encoding="utf-8").splitlines()]
        found = [x25519.Identity.from_str(line) for line in lines if line and not line.startswith("#")]
    except OSError as error:
        raise EncryptionError(f"{path} : {error.strerror or error}.") from None
    except (pyrage.IdentityError, UnicodeDecodeError):
        found = []
    if not found:
        raise EncryptionError(f"{path} n’est pas une clé secrète age : il y faut une ligne AGE-SECRET-KEY-1….")
    return found


def is_encrypted(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(len(MAGIC)) == MAGIC


class Encrypted:
    """Encrypts what is written to ``plain`` into a file, as it comes: nothing of it touches the disk in clear.

    A key that lives as long as this object can read it too, so that it can be read again before it is called whole.
    """

    def __init__(self, file: IO[bytes], recipients: Sequence[Any]) -> None:
        self._ephemeral = x25519.Identity.generate()
        self._file, self._recipients = file, [*recipients, self._ephemeral.to_public()]
        self.written: tuple[int, bytes] = (0, b"")

    @contextmanager
    def plain(self) -> Iterator[Digested]:
        """Yield what to write to; the file is whole when this ends without an error."""
        reads, writes = os.pipe()
        failed: list[BaseException] = []

        def encrypt() -> None:
            with os.fdopen(reads, "rb") as source:
                try:
                    pyrage.encrypt_io(source, self._file, self._recipients)
                except Exception as error:
                    failed.append(error)  # the writer then finds a pipe that nobody reads

        thread = threading.Thread(target=encrypt, daemon=True)
        thread.start()
        try:
            with os.fdopen(writes, "wb") as pipe:
                stream = Digested(pipe)
                yield stream
        except BrokenPipeError:
            if not failed:
                raise
        finally:
            thread.join()
        if failed:
            raise EncryptionError(f"Le chiffrement s’est arrêté : {failed[0]}.")
        self.written = stream.digest()

    def reads_back(self, path: Path) -> bool:
        """Tell whether the file on the disk decrypts to what was written, to the last byte."""
        read = Digested()
        try:
            with path.open("rb") as file:
                pyrage.decrypt_io(file, read, [self._ephemeral])
        except (pyrage.DecryptError, OSError):
            return False
        return read.digest() == self.written


@contextmanager
def decrypted(path: Path, identities: Sequence[Any]) -> Iterator[IO[bytes]]:
    """Yield what a file decrypts to, in a file without a name that goes with the process."""
    with TemporaryFile() as plain:
        try:
            with path.open("rb") as file:
                pyrage.decrypt_io(file, plain, identities)
        except pyrage.DecryptError as error:
            if "No matching keys" in str(error):
                raise EncryptionError(f"{path} est chiffrée pour une autre clé que celle que vous donnez.") from None
            raise EncryptionError(f"{path} n’est pas une sauvegarde chiffrée, ou elle est abîmée ({error}).") from None
        except OSError as error:
            if error.errno:  # of the disk, not of what is read
                raise EncryptionError(f"{error.filename or path} : {error.strerror}.") from None
            raise EncryptionError(
                f"{path} est abîmée ou incomplète : elle ne se déchiffre pas jusqu’au bout."
            ) from None
        plain.seek(0)
        yield plain

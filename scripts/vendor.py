"""Write the third-party files that we serve, read or test with, from npm packages whose sha512 is pinned here.

Run by hand when a version changes: ``.venv/bin/python scripts/vendor.py``; it needs npm and its registry.
The result is committed: neither the installation nor the service needs Node.
htmx is not here: django-htmx carries it.
"""

import base64
import hashlib
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path
from typing import NamedTuple

from territories import RefusedError, run

ROOT = Path(__file__).resolve().parent.parent
STATIC = ROOT / "backend" / "web" / "static" / "vendor"
TESTS = ROOT / "tests" / "vendor"

# The static files storage of production fails on a map that is named in a file and absent.
SOURCE_MAP = re.compile(rb"[#@] sourceMappingURL=(?!data:)([^\s*]+)")


class Package(NamedTuple):
    """An npm package, and those of its files that we keep, flat, in ``<folder>/<name>-<version>/``."""

    name: str
    version: str
    integrity: str
    folder: Path
    files: tuple[str, ...]


PACKAGES = (
    Package(
        name="bootstrap",
        version="5.3.9",
        integrity="sha512-20cU0rcfw8WdxtVbmfU+xT2EjvVTw9Ror/h1Qvd7DXCujRg8OO9mdBCsmTHdJFf3BuadmBNJtgIuUXsBqSkk/w==",
        folder=STATIC,
        files=("LICENSE", "dist/css/bootstrap.min.css", "dist/css/bootstrap.min.css.map"),
    ),
    Package(
        name="axe-core",
        version="4.14.1",
        integrity="sha512-FHfa+lmNjQZfJz1q8wKqIDwC6DExcHt/pkjNQb09a3NPjCKg2rhu5qb2S4r76ASyFNNtuFooJpZe37OgudVGtQ==",
        folder=TESTS,
        files=("LICENSE", "axe.min.js"),
    ),
    Package(
        name="@zxcvbn-ts/language-fr",
        version="4.1.2",
        integrity="sha512-xEex2n4J9UBhkASw6Vt2lUp9+eJgP0KquNiyh/D3IAP/HbnqRdd1oBkAiynSsRhJ9olmRnZVfYghaU5N6UKNjw==",
        folder=ROOT / "fixtures" / "passwords",
        files=(
            "LICENSE.txt",
            "NOTICE.md",
            "src/commonWords.json",
            "src/firstnames.json",
            "src/lastnames.json",
        ),
    ),
)


def read_files(package: Package) -> dict[str, bytes]:
    """Content of the files of a package by their own name; the archive is read, never installed or run."""
    spec = f"{package.name}@{package.version}"
    with tempfile.TemporaryDirectory() as folder:
        # Run there, so that no .npmrc of this repository or of a parent applies; npm knows the registry, we do not.
        subprocess.run(  # noqa: S603 - constant arguments, no shell
            ["npm", "pack", spec, "--ignore-scripts", "--silent"],  # noqa: S607 - the npm of the person who runs this
            cwd=folder,
            check=True,
            stdout=subprocess.DEVNULL,
        )
        (archive,) = Path(folder).glob("*.tgz")
        digest = hashlib.sha512(archive.read_bytes()).digest()
        found = f"sha512-{base64.b64encode(digest).decode()}"
        if found != package.integrity:
            raise RefusedError(f"{spec}: integrity {found}, expected {package.integrity}.")
        with tarfile.open(archive) as tar:
            return {Path(path).name: _read(tar, path) for path in package.files}


def _read(tar: tarfile.TarFile, path: str) -> bytes:
    try:
        file = tar.extractfile(f"package/{path}")
    except KeyError:
        file = None
    if file is None:
        raise RefusedError(f"{path} is not a file of the package.")
    return file.read()


def check_maps(files: dict[str, bytes]) -> None:
    """Refuse a file that names a map which we do not keep."""
    for name, content in files.items():
        missing = {found.decode() for found in SOURCE_MAP.findall(content)} - set(files)
        if missing and not name.endswith(".map"):
            raise RefusedError(f"{name} names {', '.join(sorted(missing))}: add it to the files of its package.")


def write(package: Package, files: dict[str, bytes]) -> None:
    """Replace the folder of this version; folders of other versions are left for a person to delete."""
    target = package.folder / f"{package.name.rpartition('/')[2]}-{package.version}"
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    for name, content in files.items():
        (target / name).write_bytes(content)
        sys.stdout.write(f"{(target / name).relative_to(ROOT)}: {len(content)} bytes\n")


def main() -> None:
    contents = [(package, read_files(package)) for package in PACKAGES]
    for _, files in contents:
        check_maps(files)
    for package, files in contents:
        write(package, files)


if __name__ == "__main__":
    sys.exit(run(main))
